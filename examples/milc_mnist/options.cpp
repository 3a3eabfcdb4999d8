#include "options.h"

#include "../shared/command_line.h"
#include "../shared/device.h"
#include "../shared/digits.h"
#include "../shared/run_journal.h"

namespace milc {

Options parse(int argc, char** argv) {
  Options options;
  bool quick = false;
  shared::CommandLine command(
      "Trains a small MLP on MNIST subsets without augmentation, by cross-entropy, by the MILC losses and "
      "by\n"
      "label smoothing, confidence penalty and GER, and tables test error, its information-theoretic lower\n"
      "bounds, and the learned mutual information. Every method sees the same subset, initial weights and\n"
      "batches of a seed, so that differences to cross-entropy are paired.");
  command.option("--data", options.data, shared::kDataHelp);
  command.option("--sizes", options.sizes, "training images, a tenth of each class, or all there are",
                 {10, 1e9});
  command.show_default("--sizes", "100 300 1000 3000 10000 and all");
  command.option("--seeds", options.seeds, "how many; 2 or more give standard errors", shared::kPositive);
  command.option("--seed", options.seed, "the first of them: subset, initial weights, order of batches");
  command.option("--steps", options.steps, "of SGD, batch min(128, n)", shared::kPositive);
  command.flag("--lambda-sweep", options.lambda_sweep,
               "forms a and b with lambda .01 .1 .5 1 2 instead of the baselines");
  command.flag("--long-tail", options.long_tail,
               "one training set of 500 to 5 images per class instead of --sizes");
  command.flag("--quick", quick, "sizes 300 and 3000, 2 seeds");
  command.option("--jobs", options.jobs, "runs at a time, one thread each; 0: all processors",
                 shared::kThreads);
  shared::device_option(command, options.device);
  command.option("--out", options.out,
                 "directory of table.md, table.csv, runs.csv and error.png, and of journal.csv");
  shared::resume_option(command, options.resume);
  command.flag("--quiet", options.quiet, "print the table only");
  command.parse(argc, argv);
  if (quick) {
    command.preset("--sizes", options.sizes, std::vector<int64_t>{300, 3000});
    command.preset("--seeds", options.seeds, 2);
  }
  return options;
}

}  // namespace milc
