#include "options.h"

#include "../shared/command_line.h"
#include "../shared/device.h"

namespace mige_control {

Options parse(int argc, char** argv) {
  Options options;
  bool quick = false;
  shared::CommandLine command(
      "Steers the mutual information of two Gaussian vectors by MIGE alone: down from 10 nats, up from half "
      "a\n"
      "nat to 50. The information itself is known and only looked at.");
  command.option("--dims", options.dims, "dimensions", {2, 1024});
  command.choice("--direction", options.directions, {"minimise", "maximise"}, "one or both");
  command.choice("--transform", options.transform, {"none", "cubic", "asinh", "power", "spiral"},
                 "of Y, invertible: the information stays what it is");
  command.choice("--estimator", options.estimator, {"ssge", "whitened", "stein"}, "of the scores");
  command.flag("--per-coordinate", options.per_coordinate,
               "one weight per coordinate instead of one for all");
  command.option("--seeds", options.seeds, "how many; 0: three for up to 20 dimensions, one above",
                 {.low = 0});
  command.option("--seed", options.seed, "the first of them: rotations, samples");
  command.option("--updates", options.updates, "of Adam, rate 5e-3, a fresh batch of 256 each",
                 shared::kPositive);
  command.option("--jobs", options.jobs, "runs at a time, one thread each; 0: all processors",
                 shared::kThreads);
  shared::device_option(command, options.device);
  command.option("--out", options.out, "directory of table.md, mige_control.csv and the pictures");
  command.flag("--quick", quick, "20 dimensions, 1 seed, 60 updates: shows that it works");
  command.flag("--quiet", options.quiet, "print the table only");
  command.parse(argc, argv);
  if (quick) {
    command.preset("--dims", options.dims, std::vector<int64_t>{20});
    command.preset("--seeds", options.seeds, 1);
    command.preset("--updates", options.updates, 60);
  }
  return options;
}

}  // namespace mige_control
