#include <cmath>
#include <vector>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/core/parallel.h>
#include <infograd/nn/pca.h>
#include <infograd/nn/tsne.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::nn {

namespace {

Tensor squared_distances(const Tensor& x) {
  const Tensor squares = sum(square(x), {1}, true);
  return relu(squares + transpose(squares) - 2 * matmul(x, transpose(x)));  // rounding may go below 0
}

// One row of p(j | i): a Gaussian around point i whose width gives the asked entropy, found by bisection.
void neighbour_row(float* row, int64_t n, int64_t i, double entropy) {
  double nearest = INFINITY;
  for (int64_t j = 0; j < n; ++j)
    if (j != i) nearest = std::min(nearest, static_cast<double>(row[j]));
  std::vector<double> weight(static_cast<size_t>(n));
  double precision = 1, low = 0, high = INFINITY, total = 0;
  for (int step = 0; step < 100; ++step) {
    total = 0;
    double energy = 0;
    for (int64_t j = 0; j < n; ++j) {
      const double excess = row[j] - nearest;
      const double w = j == i ? 0 : std::exp(-precision * excess);
      weight[static_cast<size_t>(j)] = w;
      total += w;
      energy += w * excess;
    }
    const double difference = std::log(total) + precision * energy / total - entropy;
    if (std::abs(difference) < 1e-5) break;
    (difference > 0 ? low : high) = precision;
    precision = std::isinf(high) ? precision * 2 : (low + high) / 2;
  }
  for (int64_t j = 0; j < n; ++j) row[j] = static_cast<float>(weight[static_cast<size_t>(j)] / total);
}

// Symmetric joint probabilities [N, N] of being neighbours.
Tensor neighbour_probabilities(const Tensor& x, double perplexity) {
  const int64_t n = x.size(0);
  Tensor rows = squared_distances(x).to(cpu).clone();
  float* data = rows.data<float>();
  parallel_for(n, 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) neighbour_row(data + i * n, n, i, std::log(perplexity));
  });
  return (rows + transpose(rows)) * (1.0 / (2 * static_cast<double>(n)));
}

// Gradient of the KL divergence: neighbours attract, all others repel, both along the Student kernel's force.
Tensor gradient(const Tensor& attraction, const Tensor& y, const Tensor& off_diagonal) {
  const Tensor kernel = off_diagonal / (1 + squared_distances(y));
  const Tensor force = (attraction - kernel / sum(kernel)) * kernel;
  return 4 * (sum(force, {1}, true) * y - matmul(force, y));
}

Tensor start(const Tensor& x) {
  const Pca plane = pca(x, std::min<int64_t>(2, x.size(1)));
  const Tensor y = project(plane, x) * (1e-4 / std::sqrt(std::max(plane.variances.front(), 1e-30)));
  return y.size(1) == 2 ? y : concat({y, zeros({x.size(0), 1}, DType::f32, y.device())}, 1);
}

}  // namespace

Tensor tsne(const Tensor& x, const TsneOptions& options) {
  check_defined("tsne", "x", x);
  check_floating("tsne", "x", x);
  check<ShapeError>(x.rank() == 2 && x.size(1) >= 1, "tsne: x [N, D] needed, found {}", describe(x));
  const int64_t n = x.size(0);
  check<ValueError>(options.perplexity >= 1 && 3 * options.perplexity <= static_cast<double>(n - 1),
                    "tsne: perplexity {} of {} points; it must lie between 1 and (N - 1) / 3",
                    options.perplexity, n);
  const NoGrad no_grad;
  const Tensor points = x.to(DType::f32);
  Tensor y = start(points);  // refuses values that are not finite
  const Tensor p = neighbour_probabilities(points, options.perplexity).to(x.device());
  const Tensor off_diagonal = 1 - eye(n, DType::f32, y.device());
  Tensor velocity = zeros_like(y), gain = ones_like(y);
  // The step size that makes the map's width independent of N (Belkina et al. 2019).
  const double rate = std::max(static_cast<double>(n) / (4 * options.exaggeration), 10.0);
  for (int64_t step = 0; step < options.iterations; ++step) {
    const bool early = step < options.iterations / 4;
    const Tensor slope = gradient(early ? options.exaggeration * p : p, y, off_diagonal);
    // Jacobs's gains: faster along a coordinate that keeps its direction.
    gain = clamp(where(lt(slope * velocity, 0), gain + 0.2, gain * 0.8), 0.01, INFINITY);
    velocity = (early ? 0.5 : 0.8) * velocity - rate * (gain * slope);
    y = y + velocity;
  }
  return y - mean(y, {0});
}

}  // namespace infograd::nn
