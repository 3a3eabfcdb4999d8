#include "options.h"

#include "../shared/command_line.h"
#include "../shared/device.h"

namespace mige_toy {

Options parse(int argc, char** argv) {
  Options options;
  bool quick = false;
  shared::CommandLine command(
      "Estimates the gradient of the mutual information of correlated Gaussians in their correlation, where "
      "it\n"
      "is known: by MIGE, by MIGE on whitened samples, and through the critics of MINE and MINE-f.");
  command.option("--dims", options.dims, "dimensions", {1, 256});
  command.option("--mine-dims", options.mine_dims, "dimensions for MINE and MINE-f; 0 for none", {0, 256});
  command.option("--seeds", options.seeds, "how many for MIGE", shared::kPositive);
  command.option("--mine-seeds", options.mine_seeds, "how many for MINE and MINE-f", shared::kPositive);
  command.option("--seed", options.seed, "the first of them: samples, initial weights");
  command.option("--points", options.points, "values of rho for MIGE, in -0.8 .. 0.8", {2, 10000});
  command.option("--mine-points", options.mine_points, "values of rho for MINE and MINE-f", {2, 10000});
  command.option("--mine-steps", options.mine_steps, "batches that a critic sees", shared::kPositive);
  command.option("--jobs", options.jobs, "curves at a time, one thread each; 0: all processors",
                 shared::kThreads);
  shared::device_option(command, options.device);
  command.option("--out", options.out, "directory of table.md, mige_toy.csv and mige_toy_d*.png");
  command.flag("--quick", quick, "2 and 8 dimensions, 2 seeds, 8 points, 20 batches: shows that it works");
  command.flag("--quiet", options.quiet, "print the table only");
  command.parse(argc, argv);
  if (quick) {
    command.preset("--dims", options.dims, std::vector<int64_t>{2, 8});
    command.preset("--mine-dims", options.mine_dims, std::vector<int64_t>{8});
    command.preset("--seeds", options.seeds, 2);
    command.preset("--points", options.points, 8);
    command.preset("--mine-points", options.mine_points, 8);
    command.preset("--mine-steps", options.mine_steps, 20);
  }
  std::erase(options.mine_dims, 0);
  return options;
}

}  // namespace mige_toy
