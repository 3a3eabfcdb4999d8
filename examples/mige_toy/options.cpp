#include "options.h"

#include <CLI/CLI.hpp>

namespace mige_toy {

Options parse(int argc, char** argv) {
  Options options;
  bool quick = false;
  CLI::App app{
      "Estimates the gradient of the mutual information of correlated Gaussians in their correlation, where "
      "it\n"
      "is known: by MIGE, by MIGE on whitened samples, and through the critics of MINE and MINE-f."};
  app.option_defaults()->always_capture_default();
  app.add_option("--dims", options.dims, "dimensions")->check(CLI::Range(1, 256));
  app.add_option("--mine-dims", options.mine_dims, "dimensions for MINE and MINE-f; 0 for none")
      ->check(CLI::Range(0, 256));
  app.add_option("--seeds", options.seeds, "how many for MIGE")->check(CLI::PositiveNumber);
  app.add_option("--mine-seeds", options.mine_seeds, "how many for MINE and MINE-f")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "the first of them: samples, initial weights");
  app.add_option("--points", options.points, "values of rho for MIGE, in -0.8 .. 0.8")
      ->check(CLI::Range(2, 10000));
  app.add_option("--mine-points", options.mine_points, "values of rho for MINE and MINE-f")
      ->check(CLI::Range(2, 10000));
  app.add_option("--mine-steps", options.mine_steps, "batches that a critic sees")
      ->check(CLI::PositiveNumber);
  app.add_option("--jobs", options.jobs, "curves at a time, one thread each; 0: all processors")
      ->check(CLI::Range(0, 1024));
  app.add_option("--out", options.out, "directory of table.md, mige_toy.csv and mige_toy_d*.png");
  app.add_flag("--quick", quick, "2 and 8 dimensions, 2 seeds, 8 points, 20 batches: shows that it works");
  app.add_flag("--quiet", options.quiet, "print the table only");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  if (quick) {
    options.dims = {2, 8};
    options.mine_dims = {8};
    options.seeds = 2;
    options.mine_seeds = 1;
    options.points = options.mine_points = 8;
    options.mine_steps = 20;
  }
  std::erase(options.mine_dims, 0);
  return options;
}

}  // namespace mige_toy
