#include "options.h"

#include "../shared/command_line.h"
#include "../shared/device.h"
#include "../shared/digits.h"
#include "../shared/run_journal.h"

namespace mige_ib {

Options parse(int argc, char** argv) {
  Options options;
  bool full = false, quick = false, sweep = false;
  shared::CommandLine command(
      "Trains classifiers of MNIST through a noisy representation Z of the image X, by cross-entropy plus\n"
      "beta I(X; Z), where the penalty is missing (none), the bound of the variational bottleneck (vib), "
      "the\n"
      "estimate of a critic (mine), or a gradient without a value (mige; mige-joint needs no formula for "
      "the\n"
      "noise). All methods see the same initial weights, batches and noise of a seed.");
  command.option("--data", options.data, shared::kDataHelp);
  command.choice("--methods", options.methods, {"none", "vib", "mine", "mige", "mige-joint"},
                 "what is compared");
  command.option("--beta", options.betas, "weights of the penalty", {.low = 0});
  command.option("--batch", options.batches, "images per step", {2, 10000});
  command.option("--units", options.units, "of the representation", {1, 4096});
  command.option("--epochs", options.epochs, "passes over the training images", shared::kPositive);
  command.option("--lr", options.lr, "of Adam, times 0.97 after every second epoch", shared::kPositive);
  command.flag("--sweep", sweep, "beta .0001 .001 .01 and batches of 100, 256 and 500");
  command.flag("--full", full,
               "encoder 784-1024-1024, 256 units, 200 epochs at rate 1e-4, 5 seeds: hours on two processors");
  command.flag("--quick", quick, "2,000 images, 6 epochs, a small encoder, 1 seed: shows that it works");
  command.option("--seeds", options.seeds, "how many; 2 or more give standard errors", shared::kPositive);
  command.option("--seed", options.seed, "the first of them: initial weights, order of the images, noise");
  command.option("--jobs", options.jobs, "runs at a time, one thread each; 0: all processors",
                 shared::kThreads);
  shared::device_option(command, options.device);
  command.option("--out", options.out,
                 "directory of table.md, mige_ib.csv and the pictures, and of journal.csv");
  shared::resume_option(command, options.resume);
  command.flag("--quiet", options.quiet, "print the table only");
  command.parse(argc, argv);

  if (full) {
    options.hidden = 1024;
    options.critic = {512, 512};
    command.preset("--units", options.units, 256);
    command.preset("--epochs", options.epochs, 200);
    command.preset("--lr", options.lr, 1e-4);
    command.preset("--seeds", options.seeds, 5);
  }
  if (quick) {
    options.hidden = 64;
    options.train_images = 2000;
    options.test_images = 500;
    command.preset("--units", options.units, 8);
    command.preset("--epochs", options.epochs, 6);
    command.preset("--seeds", options.seeds, 1);
  }
  if (sweep) {
    command.preset("--beta", options.betas, std::vector<double>{1e-4, 1e-3, 1e-2});
    command.preset("--batch", options.batches, std::vector<int64_t>{100, 256, 500});
  }
  return options;
}

}  // namespace mige_ib
