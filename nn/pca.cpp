#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/nn/pca.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::nn {

namespace {

void check_rows(const char* op, const Tensor& x) {
  check_defined(op, "x", x);
  check_floating(op, "x", x);
  check<ShapeError>(x.rank() == 2, "{}: x [N, D] needed, found {}", op, describe(x));
}

}  // namespace

Pca pca(const Tensor& x, int64_t k) {
  check_rows("pca", x);
  const int64_t n = x.size(0), d = x.size(1);
  check<ShapeError>(n >= 2 && d >= 1, "pca: at least two rows and one column needed, found {}", describe(x));
  check<ValueError>(k >= 1 && k <= d, "pca: k = {} components of {} columns", k, d);
  const NoGrad no_grad;
  const Tensor rows = x.to(DType::f32);
  Pca result{mean(rows, {0}), empty({k, d}), {}};
  const Tensor centred = rows - result.mean;
  const Tensor covariance = matmul(transpose(centred), centred) * (1.0 / static_cast<double>(n - 1));
  check<ValueError>(all(isfinite(covariance)).item() != 0, "pca: x holds a value that is not finite");
  const linalg::Eigh eigen = linalg::eigh_top(covariance.to(cpu).to(DType::f64), k);
  const auto values = eigen.values.to_vector<double>(),
             vectors = transpose(eigen.vectors).to_vector<double>();
  float* out = result.components.data<float>();
  for (int64_t i = 0; i < k; ++i) {
    const double* vector = vectors.data() + (k - 1 - i) * d;
    double largest = 0;
    for (int64_t j = 0; j < d; ++j)
      if (std::abs(vector[j]) > std::abs(largest)) largest = vector[j];
    for (int64_t j = 0; j < d; ++j) out[i * d + j] = static_cast<float>(largest < 0 ? -vector[j] : vector[j]);
    result.variances.push_back(std::max(0.0, values[static_cast<size_t>(d - 1 - i)]));
  }
  result.components = result.components.to(x.device());
  return result;
}

Tensor project(const Pca& pca, const Tensor& x) {
  check_rows("project", x);
  check<ShapeError>(x.size(1) == pca.components.size(1), "project: x {} does not fit components {}",
                    describe(x), describe(pca.components));
  const NoGrad no_grad;
  return linear(x.to(DType::f32) - pca.mean, pca.components);
}

}  // namespace infograd::nn
