// Direct control of mutual information by its gradient: no critic, one batch per update.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include <fmt/core.h>

#include <infograd/nn/plot/plot.h>

#include "../shared/replace_file.h"
#include "../shared/run_all.h"
#include "../shared/run_program.h"
#include "../shared/table.h"
#include "run.h"

namespace {

using namespace mige_control;

const char* name(bool maximise) {
  return maximise ? "maximise" : "minimise";
}

std::vector<Run> all_runs(const Options& options) {
  std::vector<Run> runs;
  for (const std::string& direction : options.directions)
    for (const int64_t d : options.dims) {
      const int64_t seeds = options.seeds > 0 ? options.seeds : d <= 20 ? 3 : 1;
      for (int64_t i = 0; i < seeds; ++i)
        runs.push_back(
            {.maximise = direction == "maximise", .d = d, .seed = options.seed + static_cast<uint64_t>(i)});
    }
  return runs;
}

std::string table_of(const std::vector<Run>& runs) {
  shared::Table table({"direction", "d", "seed", "first MI", "final MI", "updates", "failures", "seconds"});
  for (const Run& run : runs)
    table.add({name(run.maximise), fmt::format("{}", run.d), fmt::format("{}", run.seed),
               fmt::format("{:.3f}", run.information.front()), fmt::format("{:.3g}", run.result()),
               fmt::format("{}", run.updates()), fmt::format("{}", run.failures),
               fmt::format("{:.0f}", run.seconds)});
  return table.markdown();
}

std::string csv_of(const std::vector<Run>& runs) {
  shared::Table table({"direction", "d", "seed", "update", "mi"});
  for (const Run& run : runs)
    for (int64_t update = 0; update <= run.updates(); ++update)
      table.add({name(run.maximise), fmt::format("{}", run.d), fmt::format("{}", run.seed),
                 fmt::format("{}", update),
                 fmt::format("{:.8g}", run.information[static_cast<size_t>(update)])});
  return table.csv();
}

/// How many points a line has at most: what remains of the information at the bottom is noise, and its
/// logarithm would hide everything else.
constexpr size_t kPoints = 200;

/// Nats against updates, averaged over a few in succession; on the way down their logarithm.
void draw(const std::vector<Run>& runs, bool maximise, const std::string& path) {
  std::vector<infograd::plot::Series> lines;
  for (const Run& run : runs) {
    if (run.maximise != maximise) continue;
    infograd::plot::Series line{.name = fmt::format("d = {}, seed {}", run.d, run.seed)};
    const size_t count = run.information.size(), each = (count + kPoints - 1) / kPoints;
    for (size_t i = 0; i < count; i += each) {
      const auto first = run.information.begin() + static_cast<std::ptrdiff_t>(i);
      const auto few = static_cast<std::ptrdiff_t>(std::min(each, count - i));
      const double mean = std::accumulate(first, first + few, 0.0) / static_cast<double>(few);
      line.x.push_back(static_cast<double>(i) + static_cast<double>(few - 1) / 2);
      line.y.push_back(maximise ? mean : std::log10(std::max(1e-9, mean)));
    }
    lines.push_back(line);
  }
  if (lines.empty()) return;
  infograd::plot::lines_png(
      path, lines,
      {.title = fmt::format("mutual information, exact, while MIGE {}s it", name(maximise)),
       .x_label = "update",
       .y_label = maximise ? "nats" : "log10 of nats"});
}

int program(const Options& options) {
  std::filesystem::create_directories(options.out);
  std::vector<Run> runs = all_runs(options);
  shared::run_all(static_cast<int64_t>(runs.size()), options.jobs, options.quiet,
                  [&](int64_t i) { steer(runs[static_cast<size_t>(i)], options); });
  const std::string text =
      fmt::format(
          "Gaussian pairs steered by MIGE ({}, Y {}), {} updates at most. Final MI in nats: exact; on the "
          "way down the mean over the last fifth of the updates\n\n",
          options.estimator, options.transform == "none" ? "as it is" : options.transform, options.updates) +
      table_of(runs);
  shared::replace_file(options.out + "/table.md", text);
  shared::replace_file(options.out + "/mige_control.csv", csv_of(runs));
  for (const bool maximise : {false, true})
    draw(runs, maximise, fmt::format("{}/mige_control_{}.png", options.out, name(maximise)));
  fmt::print("{}\nwritten to {}: table.md mige_control.csv mige_control_*.png\n", text, options.out);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  return shared::run_program("mige_control", [&] { return program(options); });
}
