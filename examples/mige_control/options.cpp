#include "options.h"

#include <CLI/CLI.hpp>

namespace mige_control {

Options parse(int argc, char** argv) {
  Options options;
  bool quick = false;
  CLI::App app{
      "Steers the mutual information of two Gaussian vectors by MIGE alone: down from 10 nats, up from half "
      "a\n"
      "nat to 50. The information itself is known and only looked at."};
  app.option_defaults()->always_capture_default();
  app.add_option("--dims", options.dims, "dimensions")->check(CLI::Range(2, 1024));
  app.add_option("--direction", options.directions, "minimise, maximise or both")
      ->check(CLI::IsMember({"minimise", "maximise"}));
  app.add_option("--transform", options.transform, "of Y, invertible: the information stays what it is")
      ->check(CLI::IsMember({"none", "cubic", "asinh", "power", "spiral"}));
  app.add_option("--estimator", options.estimator, "of the scores")
      ->check(CLI::IsMember({"ssge", "whitened", "stein"}));
  app.add_flag("--per-coordinate", options.per_coordinate,
               "one weight per coordinate instead of one for all");
  app.add_option("--seeds", options.seeds, "how many; 0: three for up to 20 dimensions, one above")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--seed", options.seed, "the first of them: rotations, samples");
  app.add_option("--updates", options.updates, "of Adam, rate 5e-3, a fresh batch of 256 each")
      ->check(CLI::PositiveNumber);
  app.add_option("--jobs", options.jobs, "runs at a time, one thread each; 0: all processors")
      ->check(CLI::Range(0, 1024));
  app.add_option("--out", options.out, "directory of table.md, mige_control.csv and the pictures");
  app.add_flag("--quick", quick, "20 dimensions, 1 seed, 60 updates: shows that it works");
  app.add_flag("--quiet", options.quiet, "print the table only");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  if (quick) {
    options.dims = {20};
    options.seeds = 1;
    options.updates = 60;
  }
  return options;
}

}  // namespace mige_control
