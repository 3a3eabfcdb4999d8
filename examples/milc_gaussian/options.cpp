#include "options.h"

#include "../shared/command_line.h"
#include "../shared/device.h"

namespace milc {

Options parse(int argc, char** argv) {
  Options options;
  bool quick = false;
  shared::CommandLine command(
      "Learns to tell two Gaussian classes apart by cross-entropy and by MILC, where mutual information,\n"
      "Bayes error and their bounds are known, and tables what was learned beside what is true.");
  command.option("--sizes", options.sizes, "training points", {2, 1e8});
  command.option("--seeds", options.seeds, "how many; 2 or more give standard errors", shared::kPositive);
  command.option("--seed", options.seed, "the first of them: data, initial weights, order of batches");
  command.option("--steps", options.steps, "of SGD, batch min(128, n)", shared::kPositive);
  command.option("--jobs", options.jobs, "runs at a time, one thread each; 0: all processors",
                 shared::kThreads);
  shared::device_option(command, options.device);
  command.option("--out", options.out, "directory of table.md, runs.csv and information.png");
  command.flag("--quick", quick, "2 seeds, 300 steps, 20000 test points: shows that it works, not how well");
  command.flag("--quiet", options.quiet, "print the table only");
  command.parse(argc, argv);
  if (quick) {
    command.preset("--seeds", options.seeds, 2);
    command.preset("--steps", options.steps, 300);
    options.test_points = 20000;
  }
  return options;
}

}  // namespace milc
