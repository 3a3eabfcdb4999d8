#include <algorithm>
#include <array>
#include <vector>

#include <infograd/backends/cubic_bspline.h>
#include <infograd/core/check.h>
#include <infograd/nn/data/elastic_field.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::data {

namespace {

// Weights [extent, cells + 3] of the uniform cubic B-splines over a lattice of `cells` cells, at pixel
// centres.
Tensor spline_basis(int64_t extent, int64_t cells) {
  std::vector<float> weights(static_cast<size_t>(extent * (cells + 3)), 0.0F);
  for (int64_t i = 0; i < extent; ++i) {
    const double position =
        (static_cast<double>(i) + 0.5) / static_cast<double>(extent) * static_cast<double>(cells);
    const auto cell = std::min(static_cast<int64_t>(position), cells - 1);
    const std::array<double, 4> spline = cubic_bspline(position - static_cast<double>(cell));
    for (size_t k = 0; k < 4; ++k)
      weights[static_cast<size_t>(i * (cells + 3) + cell) + k] = static_cast<float>(spline[k]);
  }
  return from_data(weights, {extent, cells + 3});
}

}  // namespace

void check_elastic(const char* op, const ElasticOptions& o) {
  check<ValueError>(o.amplitude >= 0 && o.cells >= 1,
                    "{}: amplitude {} must not be negative and cells {} must be at least 1", op, o.amplitude,
                    o.cells);
}

// The splines are separable: one product per axis spreads the control points over the pixels.
Tensor elastic_field(const ElasticOptions& options, int64_t batch, int64_t height, int64_t width,
                     Generator& generator) {
  const int64_t nodes = options.cells + 3;
  const Tensor control = rand_normal({batch, 2, nodes, nodes}, 0, options.amplitude, DType::f32, generator);
  const Tensor rows = matmul(spline_basis(height, options.cells), control);  // [B, 2, height, nodes]
  return permute(matmul(rows, transpose(spline_basis(width, options.cells), 0, 1)), {0, 2, 3, 1});
}

}  // namespace infograd::data
