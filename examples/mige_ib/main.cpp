// The information bottleneck on MNIST by four penalties: what a gradient of mutual information without its
// value does there, beside a bound and a critic.
#include <filesystem>

#include <fmt/format.h>

#include "../shared/replace_file.h"
#include "../shared/run_all.h"
#include "../shared/run_program.h"
#include "report.h"

namespace {

using namespace mige_ib;

/// Setting by setting, the seeds of one together; without a penalty there is nothing to weigh.
std::vector<Run> all_runs(const Options& options) {
  std::vector<Run> runs;
  for (const int64_t batch : options.batches)
    for (const std::string& method : options.methods)
      for (const double beta : method == "none" ? std::vector<double>{0} : options.betas)
        for (int64_t i = 0; i < options.seeds; ++i)
          runs.push_back({.method = method,
                          .beta = beta,
                          .batch = batch,
                          .units = options.units,
                          .seed = options.seed + static_cast<uint64_t>(i)});
  return runs;
}

/// The last method once more with a representation that can be drawn.
Run run_in_the_plane(const Options& options) {
  return {.method = options.methods.back(),
          .beta = options.methods.back() == "none" ? 0 : options.betas.front(),
          .batch = options.batches.front(),
          .units = kPlane,
          .seed = options.seed};
}

/// What a run depends on.
std::string key_of(const Run& run, const Data& data, const Options& options) {
  return fmt::format(
      "mige_ib {} images={} {} test_images={} beta={} batch={} units={} seed={} hidden={} "
      "critic={} lr={} epochs={} {}",
      data.name, data.train.labels.numel(), run.method, data.test.labels.numel(), run.beta, run.batch,
      run.units, run.seed, options.hidden, fmt::join(options.critic, "-"), options.lr, options.epochs,
      to_string(options.device));
}

int program(const Options& options) {
  std::filesystem::create_directories(options.out);
  const Data data = load_data(options);
  std::vector<Run> runs = all_runs(options);
  Run plane = run_in_the_plane(options);
  const auto count = static_cast<int64_t>(runs.size());
  shared::RunJournal journal(options.out, options.resume);
  if (!options.quiet) fmt::print("{} runs, {} in the journal\n", count + 1, journal.size());
  shared::run_all(count + 1, options.jobs, options.quiet, [&](int64_t i) {
    Run& run = i < count ? runs[static_cast<size_t>(i)] : plane;
    journal.once(key_of(run, data, options), run, [&](Run& fresh) { train_and_test(fresh, data, options); });
  });
  const std::string text =
      fmt::format(
          "{}, {} training images, encoder 784-{}-{}, {} units, {} epochs, seeds from {}. Rate: mean of "
          "the penalty over the last epoch, where it is a value\n\n",
          data.name, data.train.labels.numel(), options.hidden, options.hidden, options.units, options.epochs,
          options.seed) +
      table_of(runs);
  shared::replace_file(options.out + "/table.md", text);
  shared::replace_file(options.out + "/mige_ib.csv", csv_of(runs));
  draw_errors(runs, options.betas, data.name, options.out + "/mige_ib.png");
  draw_latent(plane, data.test.labels, options.out + "/mige_ib_latent.png");
  fmt::print("{}\nwritten to {}: table.md mige_ib.csv mige_ib.png mige_ib_latent.png\n", text, options.out);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  return shared::run_program("mige_ib", [&] { return program(options); });
}
