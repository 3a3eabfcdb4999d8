#include "options.h"

#include "../shared/command_line.h"
#include "../shared/device.h"
#include "../shared/digits.h"

namespace mige_dim {

Options parse(int argc, char** argv) {
  Options options;
  bool full = false, quick = false;
  shared::CommandLine command(
      "Trains a convolutional encoder without labels, by maximising the mutual information of the image and\n"
      "64 units Y: through a critic (jsd, infonce: Deep InfoMax with global features), or by a gradient\n"
      "without a value (mige). A classifier on the frozen features of three layers shows what they are "
      "worth.");
  command.option("--data", options.data, shared::kDataHelp);
  command.option("--cifar", options.cifar, "directory of the CIFAR-10 binary batches, instead of --data");
  command.choice("--methods", options.methods, {"untrained", "jsd", "infonce", "mige"}, "what is compared");
  command.choice("--normalisation", options.normalisation, {"batch", "sigmoid"}, "of Y, for all methods");
  command.option("--noise", options.noise, "standard deviation of noise on Y, for mige", {.low = 0});
  command.option("--rp-dim", options.rp_dim, "dimensions that mige projects the image to", {1, 1024});
  command.option("--batch", options.batch, "images per update", {2, 4096});
  command.option("--negatives", options.negatives, "of infonce for each image, out of its batch", {1, 4095});
  command.option("--lr", options.lr, "of Adam", shared::kPositive);
  command.option("--updates", options.updates, "of the encoder", shared::kPositive);
  command.flag("--full", full,
               "64 to 256 channels, 1024 units before Y, 100 epochs at rate 1e-4, 255 negatives, a probe "
               "with a hidden layer: a day on two processors");
  command.flag("--quick", quick, "a small encoder, 40 updates, 1,000 images: shows that it works");
  command.option("--seeds", options.seeds, "how many; 2 or more give standard errors", shared::kPositive);
  command.option("--seed", options.seed, "the first of them: initial weights, order of the images, noise");
  command.option("--jobs", options.jobs, "runs at a time, one thread each; 0: all processors",
                 shared::kThreads);
  shared::device_option(command, options.device);
  command.option("--out", options.out, "directory of table.md, mige_dim.csv and the pictures");
  command.flag("--quiet", options.quiet, "print the table only");
  command.parse(argc, argv);

  if (full) {
    options.channels = {64, 128, 256};
    options.fc = 1024;
    options.full_probe = true;
    options.probe_images = 0;
    options.probe_epochs = 150;
    command.preset("--updates", options.epochs, 100);
    command.preset("--lr", options.lr, 1e-4);
    command.preset("--negatives", options.negatives, 255);
  }
  if (quick) {
    options.channels = {8, 16, 16};
    options.fc = 64;
    options.critic = 32;
    options.probe_images = 1000;
    options.probe_epochs = 10;
    options.train_images = 1000;
    options.test_images = 500;
    command.preset("--updates", options.updates, 40);
    command.preset("--rp-dim", options.rp_dim, 32);
    command.preset("--batch", options.batch, 128);
  }
  return options;
}

}  // namespace mige_dim
