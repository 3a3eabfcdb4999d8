// Principal components: the directions of largest variance.
#pragma once

#include <cstdint>
#include <vector>

#include <infograd/core/tensor.h>

namespace infograd::nn {

struct Pca {
  Tensor mean;                    ///< f32 [D]
  Tensor components;              ///< f32 [k, D], orthonormal rows, largest variance first
  std::vector<double> variances;  ///< along each component, divisor N - 1
};
/// Of x [N, D], N > 1. The sign of a component makes its entry of largest magnitude positive.
INFOGRAD_API Pca pca(const Tensor& x, int64_t k = 2);
/// Coordinates [N, k] of x [N, D].
INFOGRAD_API Tensor project(const Pca& pca, const Tensor& x);

}  // namespace infograd::nn
