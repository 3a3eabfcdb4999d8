// Depth without supervision: a network learns disparities by making one image explain the other.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>

#include <fmt/core.h>

#include "../shared/run_all.h"
#include "../shared/run_program.h"
#include "report.h"

namespace {

using namespace stereo;

/// "constant 2": what it costs to say the mean everywhere.
Cell floor_of(shared::IntensityMap map, const Options& options) {
  const Pairs test = test_pairs(map, options);
  return {.map = map,
          .objective = {.name = "constant 2", .loss = {}},
          .runs = {judge(ig::full_like(test.disparity, kMaxDisparity / 2), test)}};
}

std::vector<Cell> all_cells(const Options& options) {
  std::vector<Cell> cells;
  for (const shared::IntensityMap map :
       {shared::IntensityMap::same, shared::IntensityMap::gamma, shared::IntensityMap::inverted}) {
    for (const Objective& objective : objectives())
      cells.push_back({.map = map,
                       .objective = objective,
                       .runs = std::vector<Run>(static_cast<size_t>(options.seeds)),
                       .of_scales = std::vector<Run>(options.lr_scales.size())});
    cells.push_back(floor_of(map, options));
  }
  return cells;
}

int program(const Options& options) {
  std::filesystem::create_directories(options.out);
  std::vector<Cell> cells = all_cells(options);
  std::vector<std::function<void()>> jobs;
  for (Cell& cell : cells) {
    if (!cell.objective.loss) continue;
    for (size_t i = 0; i < cell.runs.size(); ++i)
      jobs.emplace_back([&cell, &options, i] {
        cell.runs[i] = train_and_test(cell.objective, cell.map, options.seed + i, 1, options);
      });
    for (size_t i = 0; i < cell.of_scales.size(); ++i)
      if (const double scale = options.lr_scales[i]; scale != 1)
        jobs.emplace_back([&cell, &options, i, scale] {
          cell.of_scales[i] = train_and_test(cell.objective, cell.map, options.seed, scale, options);
        });
  }
  const std::string heading =
      fmt::format("{} x {} pairs, batch {}, {} steps, {} seeds from {}, {} test pairs", kHeight, kWidth,
                  options.batch, options.steps, options.seeds, options.seed, options.test_pairs);
  if (!options.quiet) fmt::print("{}: {} runs\n", heading, jobs.size());
  const auto start = std::chrono::steady_clock::now();
  shared::run_all(static_cast<int64_t>(jobs.size()), options.jobs, options.quiet,
                  [&](int64_t i) { jobs[static_cast<size_t>(i)](); });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (Cell& cell : cells)
    for (size_t i = 0; i < cell.of_scales.size(); ++i)
      if (options.lr_scales[i] == 1) cell.of_scales[i] = cell.runs.front();

  fmt::print("\n{}\n", write_report(cells, heading, options));
  fmt::print("{} runs in {:.0f} s ({:.2f} s each)\nwritten to {}\n", jobs.size(), seconds,
             seconds / static_cast<double>(jobs.size()), options.out);
  for (const Cell& cell : cells)
    for (const Run& run : cell.runs)
      if (!std::isfinite(run.end_point_error) || !std::isfinite(run.last_loss))
        throw infograd::ValueError("a run by " + cell.objective.name + " is not finite");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  return shared::run_program("deepmi_stereo", [&] { return program(options); });
}
