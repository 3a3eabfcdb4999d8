// Mutual information of correlated Gaussians, raised in steps of 2 nats from 2 to 10 while training: what
// each estimator says against the truth. The stepwise experiment of the field, with every estimator of
// losses/mi that takes a score matrix.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fmt/core.h>

#include <infograd/infograd.h>

#include "../shared/command_line.h"
#include "../shared/device.h"
#include "../shared/run_program.h"

namespace ig = infograd;
namespace losses = infograd::losses;
using ig::Tensor;

namespace {

constexpr int64_t kDims = 20;
constexpr int kStages = 5;

struct Options {
  std::vector<std::string> objectives{"infonce", "smile", "jsd", "dv", "mine", "nwj"};
  std::string critic = "separable";
  bool cubic = false, quick = false;
  int64_t steps = 4000, batch = 64;
  double lr = 5e-4;
  uint64_t seed = 0;
  int threads = 1;
  ig::Device device = ig::cpu;
  std::string out = "out/mine_gaussian";
};

/// phi(x) . psi(y), two MLPs 20-256-256-32.
struct Separable : ig::nn::Module {
  explicit Separable(ig::Generator& g) : phi(child("phi", tower(g))), psi(child("psi", tower(g))) {}
  static ig::nn::Sequential tower(ig::Generator& g) {
    return ig::nn::Sequential(
        ig::nn::Linear(kDims, 256, {.activation = ig::Activation::relu, .generator = &g}),
        ig::nn::Linear(256, 256, {.activation = ig::Activation::relu, .generator = &g}),
        ig::nn::Linear(256, 32, {.generator = &g}));
  }
  ig::nn::Sequential phi, psi;
  Tensor operator()(const Tensor& x, const Tensor& y) const {
    return losses::separable_critic(phi(x), psi(y));
  }
};

/// MLP 40-256-256-1 of [x; y], its first layer split so that all pairs cost little more than the pairs of a
/// batch.
struct Concatenated : ig::nn::Module {
  explicit Concatenated(ig::Generator& g)
      : first(child("first", ig::nn::Linear(2 * kDims, 256, {.generator = &g}))),
        second(
            child("second", ig::nn::Linear(256, 256, {.activation = ig::Activation::relu, .generator = &g}))),
        last(child("last", ig::nn::Linear(256, 1, {.generator = &g}))) {}
  ig::nn::Linear first, second, last;
  Tensor operator()(const Tensor& x, const Tensor& y) const {
    return losses::concatenated_critic(x, y, first.weight(), first.bias(),
                                       [this](const Tensor& h) { return last(second(h)); });
  }
};

Tensor objective(const std::string& name, const Tensor& scores, losses::MineState& state,
                 losses::Estimate* report) {
  if (name == "infonce")
    return losses::info_nce(losses::Scores(scores),
                            {.direction = losses::Direction::rows, .common = {.report = report}});
  if (name == "smile") return losses::smile(scores, {.common = {.report = report}});
  if (name == "jsd") return losses::jsd(scores, {.common = {.report = report}});
  if (name == "dv") return losses::dv(scores, {.report = report});
  if (name == "mine") return losses::mine(scores, state, {.common = {.report = report}});
  return losses::nwj(scores, {.common = {.report = report}});
}

struct Pairs {
  Tensor x, y;
};
/// I = -(20/2) log(1 - rho^2).
Pairs draw(double nats, const Options& options, ig::Generator& generator) {
  const double rho = std::sqrt(1 - std::exp(-2 * nats / kDims));
  const Tensor x = ig::rand_normal({options.batch, kDims}, 0, 1, ig::DType::f32, generator, options.device);
  const Tensor noise =
      ig::rand_normal({options.batch, kDims}, 0, 1, ig::DType::f32, generator, options.device);
  const Tensor y = rho * x + std::sqrt(1 - rho * rho) * noise;
  return {x, options.cubic ? y * y * y : y};
}

struct Curve {
  std::vector<double> estimates;             // every step
  std::vector<double> stage_mean, stage_sd;  // last quarter of each stage
  int64_t nonfinite = 0;
};

template <class Critic>
Curve run(const std::string& name, const Options& options, std::ofstream& csv) {
  ig::Generator generator(options.seed);
  Critic critic(generator);
  critic.to(options.device);
  ig::optim::Adam adam(critic.named_parameters(), {.lr = options.lr});
  losses::MineState state;
  Curve curve;
  for (int64_t step = 0; step < kStages * options.steps; ++step) {
    const double truth = 2.0 * static_cast<double>(1 + step / options.steps);
    const Pairs pairs = draw(truth, options, generator);
    losses::Estimate estimate;
    adam.zero_grad();
    const Tensor loss = objective(name, critic(pairs.x, pairs.y), state, &estimate);
    loss.backward();
    adam.step();
    const double value = loss.item();
    if (!std::isfinite(value) || !std::isfinite(estimate.nats)) ++curve.nonfinite;
    curve.estimates.push_back(estimate.nats);
    csv << fmt::format("{},{},{},{:.6g},{:.6g},{:.4g},{}\n", name, step, truth, value, estimate.nats,
                       estimate.std_error, losses::flag_names(estimate.flags));
  }
  const int64_t tail = std::max<int64_t>(1, options.steps / 4);
  for (int stage = 0; stage < kStages; ++stage) {
    double sum = 0, squares = 0;
    for (int64_t i = (stage + 1) * options.steps - tail; i < (stage + 1) * options.steps; ++i) {
      sum += curve.estimates[static_cast<size_t>(i)];
      squares += curve.estimates[static_cast<size_t>(i)] * curve.estimates[static_cast<size_t>(i)];
    }
    const double mean = sum / static_cast<double>(tail);
    curve.stage_mean.push_back(mean);
    curve.stage_sd.push_back(std::sqrt(std::max(0.0, squares / static_cast<double>(tail) - mean * mean)));
  }
  return curve;
}

/// Moving average, so that the picture shows the level and not the batch noise.
ig::plot::Series smoothed(const std::string& name, const std::vector<double>& values) {
  ig::plot::Series series{.name = name, .x = {}, .y = {}};
  const size_t window = std::max<size_t>(1, values.size() / 200);
  for (size_t begin = 0; begin + window <= values.size(); begin += window) {
    double sum = 0;
    for (size_t i = begin; i < begin + window; ++i) sum += values[i];
    series.x.push_back(static_cast<double>(begin + window / 2));
    series.y.push_back(sum / static_cast<double>(window));
  }
  return series;
}

Options parse(int argc, char** argv) {
  Options options;
  shared::CommandLine command(
      "Estimates the mutual information of 20-dimensional correlated Gaussians while it rises from 2 to 10 "
      "nats.");
  command.choice("--objective", options.objectives, {"infonce", "smile", "jsd", "dv", "mine", "nwj"},
                 "one or more of them");
  command.choice("--critic", options.critic, {"separable", "concatenated"}, "how x and y are scored");
  command.flag("--cubic", options.cubic,
               "the critic sees y^3: the same mutual information, a harder density ratio");
  command.option("--steps", options.steps, "per stage of 2 nats", shared::kPositive);
  command.option("--batch", options.batch, "pairs per step, fresh each time", {2, 16384});
  command.option("--lr", options.lr, "of Adam", shared::kPositive);
  command.option("--seed", options.seed, "of initial values and samples");
  command.option("--threads", options.threads, "0: all processors; the matrices are small, one is enough",
                 shared::kThreads);
  shared::device_option(command, options.device);
  command.option("--out", options.out, "directory of estimates.csv and estimates.png");
  command.flag("--quick", options.quick, "300 steps per stage: shows that it works, not how well");
  command.parse(argc, argv);
  if (options.quick) options.steps = 300;
  return options;
}

int program(const Options& options) {
  if (options.threads > 0) ig::set_num_threads(options.threads);
  std::filesystem::create_directories(options.out);
  std::ofstream csv(options.out + "/estimates.csv");
  if (!csv) throw ig::IoError("cannot write " + options.out + "/estimates.csv");
  csv << "objective,step,truth,loss,estimate,std_error,flags\n";

  fmt::print("{} critic{}, {} steps per stage, {} pairs per step (log {} = {:.3f} nats), seed {}\n",
             options.critic, options.cubic ? ", y^3" : "", options.steps, options.batch, options.batch,
             std::log(static_cast<double>(options.batch)), options.seed);
  fmt::print("mean (sd) of the last quarter of each stage, nats\n\n{:<10}", "truth");
  for (int stage = 1; stage <= kStages; ++stage) fmt::print("{:>18}", 2 * stage);
  fmt::print("\n");

  std::vector<ig::plot::Series> series;
  bool ok = true;
  for (const std::string& name : options.objectives) {
    const Curve curve = options.critic == "separable" ? run<Separable>(name, options, csv)
                                                      : run<Concatenated>(name, options, csv);
    fmt::print("{:<10}", name);
    for (int stage = 0; stage < kStages; ++stage)
      fmt::print("{:>18}", fmt::format("{:.2f} ({:.2f})", curve.stage_mean[static_cast<size_t>(stage)],
                                       curve.stage_sd[static_cast<size_t>(stage)]));
    fmt::print("{}\n", curve.nonfinite > 0 ? fmt::format("  {} steps not finite", curve.nonfinite) : "");
    std::fflush(stdout);
    ok = ok && curve.nonfinite == 0 && curve.stage_mean.front() > 0.2;
    series.push_back(smoothed(name, curve.estimates));
  }
  ig::plot::Series truth{.name = "truth", .x = {}, .y = {}, .dashed = true};
  for (int stage = 0; stage < kStages; ++stage)
    for (int64_t step : {stage * options.steps, (stage + 1) * options.steps}) {
      truth.x.push_back(static_cast<double>(step));
      truth.y.push_back(2.0 * (1 + stage));
    }
  series.push_back(truth);
  ig::plot::lines_png(
      options.out + "/estimates.png", series,
      {.title = "stepwise Gaussian, " + options.critic + " critic", .x_label = "step", .y_label = "nats"});
  csv.close();
  if (!csv) throw ig::IoError("cannot write " + options.out + "/estimates.csv");
  fmt::print("\nwritten to {}: estimates.csv estimates.png\n", options.out);
  return ok ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  return shared::run_program("mine_gaussian", [&] { return program(options); });
}
