// Shared by the tests of MIGE: the six points of its specification, correlated Gaussians, comparisons.
#pragma once

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/losses/mi/mige/mige.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::mige_test {

using namespace losses;

inline Tensor six_points() {
  return tensor({{.3, -1.1}, {1.4, .2}, {-.8, .6}, {-1.3, -.4}, {.1, 1.7}, {2.2, -.9}}, DType::f64);
}
inline Tensor matrix(std::vector<double> rows, int64_t columns) {
  return from_data(rows, {static_cast<int64_t>(rows.size()) / columns, columns});
}
inline Tensor normal(const Shape& shape, Generator& generator) {
  return rand_normal(shape, 0, 1, DType::f64, generator);
}
inline Tensor normal(const Shape& shape, uint64_t seed) {
  Generator generator(seed);
  return normal(shape, generator);
}
inline double largest(const Tensor& x) {
  return max(abs(x.detach())).item();
}
inline void expect_near(const Tensor& got, const Tensor& wanted, double tolerance) {
  ASSERT_EQ(got.shape(), wanted.shape());
  EXPECT_LE(largest(got - wanted), tolerance);
}
inline Tensor row(const Tensor& x, int64_t i) {
  return slice(x, 0, i, i + 1);
}

/// y = rho x + sqrt(1 - rho^2) eps, componentwise: dI/drho = d rho / (1 - rho^2).
struct Toy {
  Tensor x, eps;
  Toy(int64_t m, int64_t d, Generator& generator)
      : x(normal({m, d}, generator)), eps(normal({m, d}, generator)) {}
  Toy(Tensor x_, Tensor eps_) : x(std::move(x_)), eps(std::move(eps_)) {}

  Tensor y(const Tensor& rho) const { return x * rho + eps * sqrt(1.0 - square(rho)); }
  Tensor slope(double rho) const { return x - eps * (rho / std::sqrt(1 - rho * rho)); }
};
inline Tensor parameter(double value) {
  return scalar(value, DType::f64).set_requires_grad();
}
/// The estimate of dI/drho, through autograd.
inline double toy_gradient(const Toy& toy, double at, const MigeOptions& options = {},
                           MigeResult* result = nullptr) {
  const Tensor rho = parameter(at);
  const MigeResult estimate = mige_mi(toy.x, toy.y(rho), options);
  if (result != nullptr) *result = estimate;
  return grad(estimate.surrogate, {rho})[0].item();
}

struct Curve {
  double rmse = 0, slope = 0;
};
/// Over 32 values of rho in -0.8 .. 0.8, a fresh batch of 256 each.
inline Curve toy_curve(int64_t d, uint64_t seed, const MigeOptions& options = {}) {
  Generator generator(seed);
  double squares = 0, product = 0, truth_squares = 0;
  constexpr int points = 32;
  for (int i = 0; i < points; ++i) {
    const double rho = -0.8 + 1.6 * i / (points - 1);
    const double truth = static_cast<double>(d) * rho / (1 - rho * rho);
    const double got = toy_gradient(Toy(256, d, generator), rho, options);
    squares += (got - truth) * (got - truth);
    product += got * truth;
    truth_squares += truth * truth;
  }
  return {std::sqrt(squares / points), product / truth_squares};
}

}  // namespace infograd::mige_test
