#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/nn/pca.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

// LAPACK: eigenvalues (ascending) and eigenvectors of a symmetric matrix, divide and conquer.
extern "C" void dsyevd_(const char* jobz, const char* uplo, const int* n, double* a, const int* lda,
                        double* w, double* work, const int* lwork, int* iwork, const int* liwork, int* info);

namespace infograd::nn {

namespace {

struct Eigen {
  std::vector<double> values;   // ascending
  std::vector<double> vectors;  // row i belongs to value i
};

Eigen symmetric_eigen(std::vector<double> matrix, int n) {
  std::vector<double> values(static_cast<size_t>(n));
  const int query = -1;
  int info = 0, integer_size = 0;
  double work_size = 0;
  dsyevd_("V", "L", &n, matrix.data(), &n, values.data(), &work_size, &query, &integer_size, &query, &info);
  const int lwork = static_cast<int>(work_size);
  std::vector<double> work(static_cast<size_t>(lwork));
  std::vector<int> integers(static_cast<size_t>(integer_size));
  dsyevd_("V", "L", &n, matrix.data(), &n, values.data(), work.data(), &lwork, integers.data(), &integer_size,
          &info);
  check<Error>(info == 0, "pca: LAPACK dsyevd did not converge (info {})", info);
  return {std::move(values), std::move(matrix)};
}

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
  const auto entries = covariance.to(cpu).to(DType::f64).to_vector<double>();
  for (double entry : entries)
    check<ValueError>(std::isfinite(entry), "pca: x holds a value that is not finite");
  const Eigen eigen = symmetric_eigen(entries, static_cast<int>(d));
  float* out = result.components.data<float>();
  for (int64_t i = 0; i < k; ++i) {
    const auto row = static_cast<size_t>(d - 1 - i);
    const double* vector = eigen.vectors.data() + row * static_cast<size_t>(d);
    double largest = 0;
    for (int64_t j = 0; j < d; ++j)
      if (std::abs(vector[j]) > std::abs(largest)) largest = vector[j];
    for (int64_t j = 0; j < d; ++j) out[i * d + j] = static_cast<float>(largest < 0 ? -vector[j] : vector[j]);
    result.variances.push_back(std::max(0.0, eigen.values[row]));
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
