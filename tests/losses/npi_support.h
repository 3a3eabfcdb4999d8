// What the tests of neural population infomax share: the worked example, random problems, comparisons.
#pragma once

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/core/error.h>
#include <infograd/losses/mi/population_infomax/ica.h>
#include <infograd/losses/mi/population_infomax/measures.h>
#include <infograd/losses/mi/population_infomax/objectives.h>
#include <infograd/losses/mi/population_infomax/orthonormal.h>
#include <infograd/losses/mi/population_infomax/population_infomax.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::testing::npi {

inline Tensor matrix(std::initializer_list<std::initializer_list<double>> rows) {
  return tensor(rows, DType::f64);
}
/// The data block of section 11, used as x_hat.
inline Tensor golden_samples() {
  return matrix({{.5, -1.2, .3, 1.7, -.9}, {1.1, .4, -.8, -.2, .6}, {-.7, .9, 1.5, -1.3, .2}});
}
inline Tensor golden_matrix() {
  return matrix({{2, 1, 0}, {-1, 2, 1}, {0, 1, 3}});
}

inline Tensor normal(const Shape& shape, uint64_t seed) {
  Generator generator(seed);
  return rand_normal(shape, 0, 1, DType::f64, generator);
}
inline Tensor random_orthonormal(int64_t k0, int64_t k1, uint64_t seed) {
  return losses::gs_rows(normal({k0, k1}, seed));
}

inline double largest(const Tensor& x) {
  return max(abs(x)).item();
}
inline double distance(const Tensor& a, const Tensor& b) {
  return largest(a - b);
}
inline double frobenius(const Tensor& x) {
  return norm(flatten(x)).item();
}
inline void expect_near(const Tensor& got, const std::vector<double>& wanted, double tolerance,
                        const char* what) {
  const auto values = got.to(DType::f64).to_vector<double>();
  ASSERT_EQ(values.size(), wanted.size()) << what;
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(values[i], wanted[i], tolerance) << what << " " << i;
}

/// Laplace sources of unit variance.
inline Tensor laplace(const Shape& shape, uint64_t seed) {
  Generator generator(seed);
  const Tensor u = rand_uniform(shape, -0.5, 0.5, DType::f64, generator);
  return sign(u) * log(1 - 2 * abs(u)) * -std::sqrt(0.5);
}

}  // namespace infograd::testing::npi
