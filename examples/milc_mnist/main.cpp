// MILC on MNIST: what a mutual-information loss does for the test error of small training sets, beside
// cross-entropy and its usual regularisers.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include <fmt/core.h>

#include "../shared/run_all.h"
#include "../shared/run_program.h"
#include "report.h"

namespace {

using namespace milc;

bool finite(const Run& run) {
  return std::isfinite(run.ce) && std::isfinite(run.hm) && std::isfinite(run.mi) && std::isfinite(run.force);
}

/// What a run depends on.
std::string key_of(const Digits& digits, const Cell& cell, uint64_t seed, const Options& options) {
  return fmt::format("milc_mnist {} n={} {} seed={} steps={} {}", digits.source, cell.set->name,
                     cell.method->name, seed, options.steps, to_string(options.device));
}

int program(const Options& options) {
  std::filesystem::create_directories(options.out);
  const Digits digits = load_digits(options);
  const std::vector<TrainingSet> sets = training_sets(options, digits);
  const std::vector<Method> compared = methods(options.lambda_sweep);
  std::vector<Cell> cells;
  for (const TrainingSet& set : sets)
    for (const Method& method : compared)
      cells.push_back({&set, &method, std::vector<Run>(static_cast<size_t>(options.seeds))});

  const std::string heading =
      fmt::format("{}, MLP 784-256-128-10, {} steps, {} seeds from {}, no augmentation", digits.source,
                  options.steps, options.seeds, options.seed);
  const int64_t runs = static_cast<int64_t>(cells.size()) * options.seeds;
  shared::RunJournal journal(options.out, options.resume);
  if (!options.quiet) fmt::print("{}: {} runs, {} in the journal\n", heading, runs, journal.size());
  const auto start = std::chrono::steady_clock::now();
  shared::run_all(runs, options.jobs, options.quiet, [&](int64_t i) {
    Cell& cell = cells[static_cast<size_t>(i / options.seeds)];
    const int64_t k = i % options.seeds;
    const uint64_t seed = options.seed + static_cast<uint64_t>(k);
    journal.once(key_of(digits, cell, seed, options), cell.runs[static_cast<size_t>(k)],
                 [&](Run& run) { run = train_and_test(digits, *cell.set, *cell.method, seed, options); });
  });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  fmt::print("\n{}\n", write_report(cells, heading, options.out));
  fmt::print("{} runs in {:.0f} s ({:.2f} s each)\nwritten to {}: table.md table.csv runs.csv{}\n", runs,
             seconds, seconds / static_cast<double>(runs), options.out, sets.size() > 1 ? " error.png" : "");
  for (const Cell& cell : cells)
    for (const Run& run : cell.runs)
      if (!finite(run)) throw infograd::ValueError("a run of " + cell.method->name + " is not finite");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  return shared::run_program("milc_mnist", [&] { return program(options); });
}
