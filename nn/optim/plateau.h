// Lowering the rate when a metric stops improving.
#pragma once

#include <memory>

#include <infograd/nn/load_state.h>
#include <infograd/nn/state_dict.h>

namespace infograd::optim {

struct PlateauOptions {
  double factor = 0.1;      ///< of the rate, each time
  int64_t patience = 10;    ///< observations without improvement that are tolerated
  double threshold = 1e-4;  ///< an improvement is a metric below best - threshold * |best|
  double min_lr = 0;
};

/// A schedule that is told how training goes; lower is better. Copies share what they observed:
///
///     optim::Plateau plateau({.patience = 3});
///     optimizer.set_schedule(plateau);
///     ...
///     plateau.observe(validation_loss);
class INFOGRAD_API Plateau {
 public:
  explicit Plateau(const PlateauOptions& options = {});
  /// Call once per validation.
  void observe(double metric);
  double operator()(double base_lr, int64_t step) const;

  /// "schedule.plateau", for the `extra` of a checkpoint.
  nn::StateDict state() const;
  nn::LoadReport load(const nn::StateDict& state, nn::LoadPolicy policy = nn::LoadPolicy::strict);

 private:
  struct Progress {
    double scale = 1;
    double best;
    int64_t without_improvement = 0;
  };
  PlateauOptions options_;
  std::shared_ptr<Progress> progress_;
};

}  // namespace infograd::optim
