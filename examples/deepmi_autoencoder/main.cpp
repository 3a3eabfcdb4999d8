// DeepMI stand-in (ours): an autoencoder of digits, trained by losses that compare images pixel by pixel and
// by losses that compare them through fuzzy histograms. Says which of them reconstruct at all.
#include <cmath>
#include <filesystem>

#include <fmt/core.h>

#include "../shared/run_all.h"
#include "../shared/run_program.h"
#include "report.h"

namespace {

using namespace autoencoder;

void check_finite(const std::vector<Cell>& cells) {
  for (const Cell& cell : cells)
    for (const Run& run : cell.runs)
      if (!std::isfinite(run.psnr + run.ssim + run.lmi + run.rajski + run.loss_after))
        throw infograd::ValueError(
            fmt::format("a run of {} at rate {} is not finite", cell.objective->name, cell.rate));
}

/// What a run depends on, and whether its reconstructions are kept.
std::string key_of(const Images& images, const Cell& cell, uint64_t seed, bool pictures,
                   const Options& options) {
  return fmt::format("deepmi_autoencoder {} images={} epochs={} {} rate={} seed={} {}{}", images.source,
                     images.train.size(0), options.epochs, cell.objective->name, cell.rate, seed,
                     to_string(options.device), pictures ? " with pictures" : "");
}

int program(const Options& options) {
  std::filesystem::create_directories(options.out);
  const Images images = load_images(options);
  const std::vector<Objective> compared = objectives();
  std::vector<Cell> cells;
  for (const double rate : options.rates)
    for (const Objective& objective : compared)
      cells.push_back({&objective, rate, std::vector<Run>(static_cast<size_t>(options.seeds))});
  const std::string heading =
      fmt::format("{}, {} images, {} epochs, autoencoder 784-128-32-128-784, {} seeds from {}", images.source,
                  images.train.size(0), options.epochs, options.seeds, options.seed);
  const int64_t runs = static_cast<int64_t>(cells.size()) * options.seeds;
  shared::RunJournal journal(options.out, options.resume);
  if (!options.quiet) fmt::print("{}: {} runs, {} in the journal\n", heading, runs, journal.size());
  shared::run_all(runs, options.jobs, options.quiet, [&](int64_t i) {
    Cell& cell = cells[static_cast<size_t>(i / options.seeds)];
    const int64_t k = i % options.seeds;
    const uint64_t seed = options.seed + static_cast<uint64_t>(k);
    const bool pictures = k == 0 && cell.rate == options.rates.front();
    journal.once(key_of(images, cell, seed, pictures, options), cell.runs[static_cast<size_t>(k)],
                 [&](Run& run) {
                   run = train_and_test(images, *cell.objective, cell.rate, seed, options);
                   if (!pictures) run.some = {};
                 });
  });
  fmt::print("\n{}\nwritten to {}\n", write_report(cells, images.test, heading, options), options.out);
  check_finite(cells);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  return shared::run_program("deepmi_autoencoder", [&] { return program(options); });
}
