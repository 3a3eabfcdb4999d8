// Deep InfoMax-style encoders on MNIST or CIFAR-10: mutual information raised through critics, or by MIGE.
#include <filesystem>

#include <fmt/core.h>

#include "../shared/replace_file.h"
#include "../shared/run_all.h"
#include "../shared/run_program.h"
#include "report.h"

namespace {

using namespace mige_dim;

std::vector<Run> all_runs(const Options& options) {
  std::vector<Run> runs;
  for (const std::string& method : options.methods)
    for (int64_t i = 0; i < options.seeds; ++i)
      runs.push_back({.method = method, .seed = options.seed + static_cast<uint64_t>(i)});
  return runs;
}

int program(const Options& options) {
  std::filesystem::create_directories(options.out);
  const Images images = load_images(options);
  std::vector<Run> runs = all_runs(options);
  shared::run_all(static_cast<int64_t>(runs.size()), options.jobs, options.quiet,
                  [&](int64_t i) { train_and_probe(runs[static_cast<size_t>(i)], images, options); });
  const std::string text =
      fmt::format("{}, {} training images, batches of {}, Y of {} units {}, seeds from {}\n\n", images.name,
                  images.train.labels.numel(), options.batch, kUnits,
                  options.normalisation == "batch" ? "normalised by their batch" : "through a sigmoid",
                  options.seed) +
      table_of(runs);
  shared::replace_file(options.out + "/table.md", text);
  shared::replace_file(options.out + "/mige_dim.csv", csv_of(runs));
  shared::replace_file(options.out + "/mige_dim_trace.csv", trace_csv_of(runs));
  draw_accuracy(runs, options.out + "/mige_dim.png");
  draw_trace(runs, options.batch, options.out + "/mige_dim_trace.png");
  fmt::print("{}\nwritten to {}: table.md mige_dim.csv mige_dim_trace.csv mige_dim.png mige_dim_trace.png\n",
             text, options.out);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  return shared::run_program("mige_dim", [&] { return program(options); });
}
