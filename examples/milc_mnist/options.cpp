#include "options.h"

#include <CLI/CLI.hpp>

namespace milc {

Options parse(int argc, char** argv) {
  Options options;
  bool quick = false;
  std::string device = "cpu";
  CLI::App app{
      "Trains a small MLP on MNIST subsets without augmentation, by cross-entropy, by the MILC losses and "
      "by\n"
      "label smoothing, confidence penalty and GER, and tables test error, its information-theoretic lower\n"
      "bounds, and the learned mutual information. Every method sees the same subset, initial weights and\n"
      "batches of a seed, so that differences to cross-entropy are paired."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", options.data,
                 "directory of the MNIST files, or \"synthetic\" for the embedded digits; without it "
                 "INFOGRAD_DATA if it holds MNIST, else synthetic");
  const auto* sizes =
      app.add_option("--sizes", options.sizes, "training images, a tenth of each class, or all there are")
          ->check(CLI::Range(10, 1'000'000'000));
  const auto* seeds = app.add_option("--seeds", options.seeds, "how many; 2 or more give standard errors")
                          ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "the first of them: subset, initial weights, order of batches");
  app.add_option("--steps", options.steps, "of SGD, batch min(128, n)")->check(CLI::PositiveNumber);
  app.add_flag("--lambda-sweep", options.lambda_sweep,
               "forms a and b with lambda .01 .1 .5 1 2 instead of the baselines");
  app.add_flag("--long-tail", options.long_tail,
               "one training set of 500 to 5 images per class instead of --sizes");
  app.add_flag("--quick", quick, "sizes 300 and 3000, 2 seeds");
  app.add_option("--jobs", options.jobs, "runs at a time, one thread each; 0: all processors")
      ->check(CLI::Range(0, 1024));
  app.add_option("--device", device, "where to train")->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--out", options.out, "directory of table.md, table.csv, runs.csv and error.png");
  app.add_flag("--quiet", options.quiet, "print the table only");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  if (quick && sizes->count() == 0) options.sizes = {300, 3000};
  if (quick && seeds->count() == 0) options.seeds = 2;
  if (device == "cuda") options.device = {.kind = infograd::Device::Kind::cuda};
  return options;
}

}  // namespace milc
