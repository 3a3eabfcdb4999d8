#include <algorithm>
#include <cmath>
#include <limits>

#include <infograd/core/check.h>
#include <infograd/nn/optim/plateau.h>
#include <infograd/ops/creation.h>

namespace infograd::optim {

Plateau::Plateau(const PlateauOptions& options)
    : options_(options),
      progress_(std::make_shared<Progress>(Progress{.best = std::numeric_limits<double>::infinity()})) {
  check<ValueError>(options.factor > 0 && options.factor < 1 && options.patience >= 0,
                    "Plateau: factor {} and patience {}, expected 0 < factor < 1 and patience >= 0",
                    options.factor, options.patience);
}

void Plateau::observe(double metric) {
  Progress& p = *progress_;
  const bool first = std::isinf(p.best);
  if (first ? metric < p.best : metric < p.best - options_.threshold * std::abs(p.best)) {
    p.best = metric;
    p.without_improvement = 0;
  } else if (++p.without_improvement > options_.patience) {  // NaN counts as no improvement
    p.scale *= options_.factor;
    p.without_improvement = 0;
  }
}

double Plateau::operator()(double base_lr, int64_t) const {
  return std::max(std::min(base_lr, options_.min_lr), base_lr * progress_->scale);
}

nn::StateDict Plateau::state() const {
  const std::vector<double> values{progress_->scale, progress_->best,
                                   static_cast<double>(progress_->without_improvement)};
  return {{"schedule.plateau", from_data(values, {3})}};
}

nn::LoadReport Plateau::load(const nn::StateDict& source, nn::LoadPolicy policy) {
  const nn::StateDict target = state();
  nn::LoadReport report = nn::load_state("Plateau::load", target, source, policy);
  const std::vector<double> values = target[0].second.to_vector<double>();
  *progress_ = {values[0], values[1], static_cast<int64_t>(values[2])};
  return report;
}

}  // namespace infograd::optim
