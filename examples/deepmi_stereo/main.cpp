// Depth without supervision: a network learns disparities by making one image explain the other.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>

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

/// One network to train; a picture is made of the first seed at the headline rate.
struct Job {
  Cell* cell;
  uint64_t seed;
  double scale;
  bool picture;
  Run* run;

  /// What the run depends on, and whether its disparities are kept.
  std::string key(const Options& options) const {
    return fmt::format("deepmi_stereo {} {} seed={} lr_scale={} steps={} batch={} test_pairs={} {}{}",
                       name(cell->map), cell->objective.name, seed, scale, options.steps, options.batch,
                       options.test_pairs, to_string(options.device), picture ? " with pictures" : "");
  }
};

std::vector<Job> all_jobs(std::vector<Cell>& cells, const Options& options) {
  std::vector<Job> jobs;
  for (Cell& cell : cells) {
    if (!cell.objective.loss) continue;
    for (size_t i = 0; i < cell.runs.size(); ++i)
      jobs.push_back({&cell, options.seed + i, 1, i == 0, &cell.runs[i]});
    for (size_t i = 0; i < cell.of_scales.size(); ++i)
      if (options.lr_scales[i] != 1)
        jobs.push_back({&cell, options.seed, options.lr_scales[i], false, &cell.of_scales[i]});
  }
  return jobs;
}

int program(const Options& options) {
  std::filesystem::create_directories(options.out);
  std::vector<Cell> cells = all_cells(options);
  const std::vector<Job> jobs = all_jobs(cells, options);
  const std::string heading =
      fmt::format("{} x {} pairs, batch {}, {} steps, {} seeds from {}, {} test pairs", kHeight, kWidth,
                  options.batch, options.steps, options.seeds, options.seed, options.test_pairs);
  shared::RunJournal journal(options.out, options.resume);
  if (!options.quiet) fmt::print("{}: {} runs, {} in the journal\n", heading, jobs.size(), journal.size());
  const auto start = std::chrono::steady_clock::now();
  shared::run_all(static_cast<int64_t>(jobs.size()), options.jobs, options.quiet, [&](int64_t i) {
    const Job& job = jobs[static_cast<size_t>(i)];
    journal.once(job.key(options), *job.run, [&](Run& run) {
      run = train_and_test(job.cell->objective, job.cell->map, job.seed, job.scale, options);
      if (!job.picture) run.proposed = {};
    });
  });
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
