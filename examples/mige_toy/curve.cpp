#include "curve.h"

#include <chrono>
#include <cmath>

#include "mine.h"

namespace mige_toy {

const char* name(Method method) {
  switch (method) {
    case Method::mige:
      return "MIGE";
    case Method::whitened:
      return "MIGE, whitened";
    case Method::mine:
      return "MINE";
    case Method::mine_f:
      break;
  }
  return "MINE-f";
}

double Curve::rmse() const {
  double squares = 0;
  for (const Point& p : points) squares += (p.gradient - p.truth) * (p.gradient - p.truth);
  return std::sqrt(squares / static_cast<double>(points.size()));
}

double Curve::slope() const {
  double product = 0, squares = 0;
  for (const Point& p : points) product += p.gradient * p.truth, squares += p.truth * p.truth;
  return product / squares;
}

namespace {

/// One batch, no training.
void estimate_by_mige(Point& point, const Curve& curve, ig::Device device, ig::Generator& generator) {
  using namespace ig::losses;
  const Tensor x = ig::rand_normal({kBatch, curve.d}, 0, 1, ig::DType::f32, generator, device);
  const Tensor noise = ig::rand_normal({kBatch, curve.d}, 0, 1, ig::DType::f32, generator, device);
  const Tensor rho = ig::scalar(point.rho, ig::DType::f32, device).set_requires_grad();
  const Tensor y = rho * x + sqrt(1.0 - square(rho)) * noise;
  MigeOptions options;
  if (curve.method == Method::whitened) options.score.estimator = MigeEstimator::whitened_ssge;
  const MigeResult result = mige_mi(x, y, options);
  result.surrogate.backward();
  point.gradient = rho.grad().item();
  point.joint = result.joint;
  point.marginal = result.marginal_z;
}

}  // namespace

void run(Curve& curve, const Options& options) {
  const bool trained = curve.method == Method::mine || curve.method == Method::mine_f;
  const int64_t count = trained ? options.mine_points : options.points;
  const auto start = std::chrono::steady_clock::now();
  ig::Generator generator(curve.seed);
  for (int64_t i = 0; i < count; ++i) {
    Point point;
    point.rho = -0.8 + 1.6 * static_cast<double>(i) / static_cast<double>(count - 1);
    point.truth = static_cast<double>(curve.d) * point.rho / (1 - point.rho * point.rho);
    if (trained)
      point.gradient =
          gradient_by_mine(point.rho, curve.d, curve.method == Method::mine_f, options, generator);
    else
      estimate_by_mige(point, curve, options.device, generator);
    curve.points.push_back(point);
  }
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
  curve.milliseconds = spent.count() / static_cast<double>(count);
}

}  // namespace mige_toy
