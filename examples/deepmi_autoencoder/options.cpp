#include "options.h"

#include "../shared/command_line.h"
#include "../shared/device.h"
#include "../shared/digits.h"
#include "../shared/run_journal.h"

namespace autoencoder {

Options parse(int argc, char** argv) {
  Options options;
  bool quick = false;
  shared::CommandLine command(
      "Trains the same small autoencoder of MNIST digits by L1, L2, SSIM, mutual information and the\n"
      "linearized fuzzy losses, alone and in sequences, and tables how well each one reconstructs.\n"
      "Every loss sees the same initial weights and batches of a seed.");
  command.option("--data", options.data, shared::kDataHelp);
  command.option("--seeds", options.seeds, "how many; 2 or more give standard errors", shared::kPositive);
  command.option("--seed", options.seed, "the first of them: initial weights, order of batches");
  command.option("--images", options.images, "training images, the first ones", {64, 60000});
  command.option("--epochs", options.epochs, "passes over them", shared::kPositive);
  command.option("--rates", options.rates,
                 "learning rates of Adam: the first one for the table, all for the sweep", shared::kPositive);
  command.flag("--quick", quick, "2000 images, 2 epochs, 2 seeds");
  command.option("--jobs", options.jobs, "runs at a time, one thread each; 0: all processors",
                 shared::kThreads);
  shared::device_option(command, options.device);
  command.option("--out", options.out,
                 "directory of table.md, table.csv, runs.csv, reconstructions.png and rates.png, and of "
                 "journal.csv");
  shared::resume_option(command, options.resume);
  command.flag("--quiet", options.quiet, "print the tables only");
  command.parse(argc, argv);
  if (quick) {
    command.preset("--images", options.images, 2000);
    command.preset("--epochs", options.epochs, 2);
    command.preset("--seeds", options.seeds, 2);
  }
  return options;
}

}  // namespace autoencoder
