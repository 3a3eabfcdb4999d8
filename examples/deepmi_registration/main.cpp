// Registration of images from different sensors: which losses find the warp, from how far.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>

#include <fmt/core.h>

#include "../shared/run_all.h"
#include "../shared/run_program.h"
#include "report.h"

namespace {

using namespace registration;

int program(const Options& options) {
  std::filesystem::create_directories(options.out);
  std::vector<Scenes> sets{textures(options.seed, options.scenes)};
  if (!options.data.empty()) sets.push_back(photographs(options.data, options.scenes));
  for (Scenes& scenes : sets) scenes.canvases = scenes.canvases.to(options.device);
  Report report{.comparison = comparison(sets, options),
                .ablation = ablation(sets.front(), options),
                .basins = basins(options)};

  std::vector<std::function<void()>> jobs;
  for (Basin& basin : report.basins) jobs.emplace_back([&] { explore(basin, options); });
  for (std::vector<Cell>* cells : {&report.ablation, &report.comparison})
    for (Cell& cell : *cells)
      jobs.emplace_back([&] { cell.result = align(problem_of(cell), cell.loss, cell.lr_scale); });
  const std::string heading =
      fmt::format("{} textures, seeds {} to {}; photographs: {}; 64 x 64 pixels, 11 bins", options.scenes,
                  options.seed, sets.front().seeds.back(), sets.size() > 1 ? options.scenes : 0);
  if (!options.quiet) fmt::print("{}: {} alignments of all scenes at once\n", heading, jobs.size());
  const auto start = std::chrono::steady_clock::now();
  shared::run_all(static_cast<int64_t>(jobs.size()), options.jobs, options.quiet,
                  [&](int64_t i) { jobs[static_cast<size_t>(i)](); });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  fmt::print("\n{}\n", write_report(report, heading, options.out));
  fmt::print("{} alignments in {:.0f} s\nwritten to {}\n", jobs.size(), seconds, options.out);
  for (const std::vector<Cell>* cells : {&report.comparison, &report.ablation})
    for (const Cell& cell : *cells)
      for (const double error : cell.result.errors)
        if (!std::isfinite(error))
          throw infograd::ValueError("an alignment by " + cell.loss.name + " is not finite");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  return shared::run_program("deepmi_registration", [&] { return program(options); });
}
