#include "options.h"

#include <CLI/CLI.hpp>

namespace milc {

Options parse(int argc, char** argv) {
  Options options;
  bool quick = false;
  CLI::App app{
      "Learns to tell two Gaussian classes apart by cross-entropy and by MILC, where mutual information, "
      "Bayes\n"
      "error and their bounds are known, and tables what was learned beside what is true."};
  app.option_defaults()->always_capture_default();
  app.add_option("--sizes", options.sizes, "training points")->check(CLI::Range(2, 100'000'000));
  app.add_option("--seeds", options.seeds, "how many; 2 or more give standard errors")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "the first of them: data, initial weights, order of batches");
  app.add_option("--steps", options.steps, "of SGD, batch min(128, n)")->check(CLI::PositiveNumber);
  app.add_option("--jobs", options.jobs, "runs at a time, one thread each; 0: all processors")
      ->check(CLI::Range(0, 1024));
  app.add_option("--out", options.out, "directory of table.md, runs.csv and information.png");
  app.add_flag("--quick", quick, "2 seeds, 300 steps, 20000 test points: shows that it works, not how well");
  app.add_flag("--quiet", options.quiet, "print the table only");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  if (quick) {
    options.seeds = 2;
    options.steps = 300;
    options.test_points = 20000;
  }
  return options;
}

}  // namespace milc
