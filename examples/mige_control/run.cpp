#include "run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include <infograd/infograd.h>

namespace mige_control {

namespace ig = infograd;
using ig::Tensor;

namespace {

constexpr int64_t kBatch = 256;
constexpr double kLargestRho = 0.9995;

Tensor normal(int64_t rows, int64_t columns, ig::Generator& generator, ig::Device device) {
  return ig::rand_normal({rows, columns}, 0, 1, ig::DType::f32, generator, device);
}

/// Invertible maps of rows.
Tensor bend(const std::string& transform, const Tensor& y) {
  if (transform == "cubic") return y * y * y;
  if (transform == "asinh") return sign(y) * log(abs(y) + sqrt(square(y) + 1.0));
  if (transform == "power") return sign(y) * pow(abs(y), 1.5);
  if (transform == "none") return y;
  // spiral: the first two coordinates turn by |y|^2 / d
  const Tensor angle = mean(square(y), {1}, true), c = cos(angle), s = sin(angle);
  const Tensor a = slice(y, 1, 0, 1), b = slice(y, 1, 1, 2);
  return ig::concat({c * a - s * b, s * a + c * b, slice(y, 1, 2)}, 1);
}

/// The fixed part of a run: rotations, and what divides Y.
class Pair {
 public:
  Pair(int64_t d, const Options& options, ig::Generator& generator)
      : transform_(options.transform),
        rotate_x_(ig::linalg::qr(normal(d, d, generator, options.device)).q),
        rotate_y_(ig::linalg::qr(normal(d, d, generator, options.device)).q) {
    if (transform_ == "none") return;
    rms_ = std::sqrt(mean(square(bend(transform_, normal(16384, d, generator, options.device)))).item());
  }
  Tensor y(const Tensor& u) const { return bend(transform_, linear(u, rotate_y_)) / rms_; }
  Tensor x(const Tensor& u, const Tensor& v, const Tensor& rho) const {
    return linear(rho * u + sqrt(1.0 - square(rho)) * v, rotate_x_);
  }

 private:
  std::string transform_;
  Tensor rotate_x_, rotate_y_;
  double rms_ = 1;
};

ig::losses::MigeOptions score_options(const std::string& estimator) {
  using ig::losses::MigeEstimator;
  ig::losses::MigeOptions options;
  if (estimator == "whitened") options.score.estimator = MigeEstimator::whitened_ssge;
  if (estimator == "stein") options.score.estimator = MigeEstimator::stein;
  return options;
}

Tensor correlation(const Tensor& w) {
  return clamp(tanh(w), -kLargestRho, kLargestRho);
}

/// -1/2 sum log(1 - rho_i^2).
double information(const Tensor& w, int64_t d) {
  const ig::NoGrad no_grad;
  const Tensor rho = correlation(w.to(ig::DType::f64));
  return -0.5 * static_cast<double>(d) * mean(log1p(-square(rho))).item();
}

}  // namespace

double Run::result() const {
  if (maximise) return information.back();
  const auto tail = std::max<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(updates() / 5));
  return std::accumulate(information.end() - tail, information.end(), 0.0) / static_cast<double>(tail);
}

void steer(Run& run, const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  ig::Generator generator(run.seed);
  const Pair pair(run.d, options, generator);
  const double nats = run.maximise ? 0.5 : 10;
  const double rho = std::sqrt(1 - std::exp(-2 * nats / static_cast<double>(run.d)));
  Tensor w = ig::full({options.per_coordinate ? run.d : 1}, std::atanh(rho), ig::DType::f32, options.device);
  w.set_requires_grad();
  ig::optim::Adam adam(std::vector<Tensor>{w}, {.lr = 5e-3});
  const ig::losses::MigeOptions scores = score_options(options.estimator);

  run.information.push_back(information(w, run.d));
  while (run.updates() < options.updates && !(run.maximise && run.information.back() >= kTarget)) {
    const Tensor u = normal(kBatch, run.d, generator, options.device),
                 v = normal(kBatch, run.d, generator, options.device);
    adam.zero_grad();
    const Tensor mi = ig::losses::mige_mi(pair.y(u), pair.x(u, v, correlation(w)), scores).surrogate;
    (run.maximise ? -mi : mi).backward();
    if (all(isfinite(w.grad())).item() != 0)
      adam.step();
    else
      ++run.failures;
    run.information.push_back(information(w, run.d));
  }
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace mige_control
