#include "trainer.h"

#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>

#include <fmt/core.h>

#include "metrics.h"
#include "objective.h"
#include "progress.h"

namespace infomax {

using namespace ig;

namespace {

volatile std::sig_atomic_t interrupted_by = 0;
/// The first signal asks for an orderly end; the next one has its usual effect.
void interrupt(int signal) {
  interrupted_by = signal;
  std::signal(signal, SIG_DFL);
}

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What must agree between a checkpoint and the command line for --resume to make sense.
checkpoint::Metadata identity(const Options& options, const Images& images) {
  return {{"example", "mnist_infomax"},
          {"objective", to_string(options.objective)},
          {"images", fmt::format("{} x {}", images.source.substr(0, images.source.find(' ')),
                                 images.train.images.size(0))},
          {"epochs", fmt::format("{}", options.epochs)},
          {"batch", fmt::format("{}", options.batch)},
          {"lr", fmt::format("{}", options.lr)},
          {"seed", fmt::format("{}", options.seed)},
          {"precision", options.precision == Precision::bf16 ? "bf16" : "f32"}};
}

class Trainer {
 public:
  Trainer(const Model& model, const Images& images, const Options& options)
      : model_(model),
        options_(options),
        identity_(identity(options, images)),
        loader_(view_loader(images, options)),
        optimizer_(model.named_parameters(), {.lr = options.lr, .weight_decay = 1e-4}),
        total_steps_(options.epochs * loader_.batches()),
        path_(options.out + "/checkpoint.safetensors") {
    if (loader_.batches() == 0)
      throw ValueError(
          fmt::format("a batch of {} does not fit into {} training images; choose a smaller --batch",
                      options.batch, images.train.images.size(0)));
    optimizer_.set_schedule(optim::CosineWarmup{.warmup_steps = std::min<int64_t>(100, total_steps_ / 10),
                                                .total_steps = total_steps_,
                                                .min_lr = 0.01 * options.lr});
    remove_leftovers();
    if (options.resume) resume();
  }

  TrainingResult run() {
    std::filesystem::remove(options_.out + "/summary.json");  // of an older run; written again at the end
    MetricsLog metrics(options_.out + "/metrics.jsonl", step_);
    Progress progress(options_.quiet, total_steps_);
    if (step_ > 0) progress.line(fmt::format("resumed at step {} of {}", step_, total_steps_));
    const auto previous_int = std::signal(SIGINT, interrupt);
    const auto previous_term = std::signal(SIGTERM, interrupt);

    Model model = model_;
    model.train();
    const Clock::time_point start = Clock::now();
    const int64_t first_step = step_;
    const auto seconds = [&] { return metrics.seconds_before() + since(start); };
    const auto rate = [&] {  // of the whole training, the time of earlier runs included
      const int64_t steps = metrics.steps_before() + step_ - first_step;
      return static_cast<double>(steps * options_.batch) / std::max(seconds(), 1e-9);
    };
    while (step_ < total_steps_ && interrupted_by == 0) {
      const int64_t epoch = loader_.state().epoch + 1;
      const std::optional<data::Batch> batch = loader_.next();
      if (!batch) continue;  // the end of an epoch
      const bool report = step_ % 10 == 9 || step_ + 1 == total_steps_;
      losses::Estimate estimate;
      const double loss = update(batch->images, report ? &estimate : nullptr);
      if (report) {
        metrics.write(epoch, step_, loss, estimate, optimizer_.lr(), rate(), seconds());
        progress.show(epoch, options_.epochs, step_, status(loss, estimate, rate()), step_ == total_steps_);
      }
      // Before the loader moves on, so that the file of a step is the same however the run came to it.
      const bool epoch_ends = loader_.state().batch == loader_.batches();
      if (epoch_ends || step_ % options_.checkpoint_every == 0) save();
    }
    if (saved_step_ != step_) save();
    std::signal(SIGINT, previous_int);
    std::signal(SIGTERM, previous_term);
    if (interrupted_by != 0)
      progress.line(fmt::format("interrupted; {} holds step {} of {}, go on with --resume", path_, step_,
                                total_steps_));
    else
      progress.line(fmt::format("trained {} steps in {}", total_steps_, duration(seconds())));
    return {interrupted_by, seconds(), rate()};
  }

 private:
  /// One step; returns the loss when it is reported (reading it synchronises a device), else NaN.
  double update(const Tensor& views, losses::Estimate* estimate) {
    optimizer_.zero_grad();
    const Tensor loss = objective_loss(options_.objective, model_, views, estimate);
    loss.backward();
    const double norm = optim::clip_grad_norm(model_.parameters(), 5.0);
    if (!std::isfinite(norm))
      throw ValueError(
          fmt::format("the gradient of step {} is not finite (norm {}); try a smaller --lr", step_, norm));
    optimizer_.step();
    ++step_;
    return estimate != nullptr ? loss.item() : std::nan("");
  }

  std::string status(double loss, const losses::Estimate& estimate, double rate) const {
    const std::string cap = std::isfinite(estimate.cap) ? fmt::format(", cap {:.2f}", estimate.cap) : "";
    const double left = static_cast<double>((total_steps_ - step_) * options_.batch) / rate;
    // What matters first: a narrow terminal cuts the end.
    return fmt::format("{:.0f} images/s  {} left  MI {:.3f} nats ({}{})  loss {:.4f}", rate, duration(left),
                       estimate.nats, losses::to_string(estimate.kind), cap, loss);
  }

  void save() {
    checkpoint::save(path_, {.model = model_.state(),
                             .optimizer = optimizer_.state(),
                             .counters = {{"step", step_}},
                             .generators = {},
                             .loaders = {{"train", loader_.state()}},
                             .metadata = identity_});
    saved_step_ = step_;
  }

  /// What a run that was killed while saving left half-written.
  void remove_leftovers() const {
    for (const auto& entry : std::filesystem::directory_iterator(options_.out)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("checkpoint.safetensors.") && name.ends_with(".tmp"))
        std::filesystem::remove(entry.path());
    }
  }

  void resume() {
    if (!std::filesystem::exists(path_))
      throw IoError("--resume, but there is no " + path_ + "; was --out the same?");
    const checkpoint::Checkpoint saved = checkpoint::load(path_);
    for (const auto& [key, value] : identity_) {
      const auto found = saved.metadata.find(key);
      if (found == saved.metadata.end() || found->second != value)
        throw ValueError(
            fmt::format("{} was written with {} = {}, this run has {}; resume with the same settings", path_,
                        key, found == saved.metadata.end() ? "nothing" : found->second, value));
    }
    Model model = model_;
    model.load(saved.model);
    optimizer_.load(saved.optimizer);
    step_ = saved_step_ = checkpoint::counter(saved, "step");
    loader_.load(saved.loaders.at("train"));
  }

  const Model& model_;
  const Options& options_;
  checkpoint::Metadata identity_;
  data::DataLoader loader_;
  optim::AdamW optimizer_;
  int64_t total_steps_;
  std::string path_;
  int64_t step_ = 0, saved_step_ = -1;
};

}  // namespace

TrainingResult train(const Model& model, const Images& images, const Options& options) {
  const PrecisionScope precision(options.precision);
  return Trainer(model, images, options).run();
}

}  // namespace infomax
