// What the tests of MILC share: batches, gradients as numbers, comparisons.
#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/losses/mi/milc/milc.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>

namespace infograd::testing {

inline Tensor labels_of(const std::vector<int64_t>& values) {
  return from_data(values, {static_cast<int64_t>(values.size())});
}

struct LabelledLogits {
  Tensor logits, labels;
};
/// Normal logits and labels of all classes but the last `absent`.
inline LabelledLogits random_batch(int64_t n, int64_t classes, Generator& generator, int64_t absent = 0,
                                   double spread = 2) {
  const Tensor labels = rand_integers({n}, 0, classes - absent, generator);
  return {rand_normal({n, classes}, 0, spread, DType::f64, generator).set_requires_grad(), labels};
}

inline std::vector<double> numbers(const Tensor& x) {
  return x.detach().to(DType::f64).to_vector<double>();
}
inline std::vector<double> gradient(const Tensor& loss, const Tensor& input) {
  return numbers(grad(loss, {input}, false, true)[0]);
}
inline bool all_finite(const Tensor& x) {
  return all(isfinite(x)).item() != 0;
}
inline double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(std::abs(a[i] - b[i]) <= worst)) worst = std::abs(a[i] - b[i]);  // NaN counts as the worst
  }
  return worst;
}

/// |got - wanted| <= atol + rtol |wanted|, the tolerances of the specification for a dtype.
inline void expect_golden(double got, double wanted, DType dtype, const char* what) {
  const double rtol = dtype == DType::f64 ? 1e-12 : 1e-5, atol = dtype == DType::f64 ? 1e-14 : 1e-6;
  EXPECT_NEAR(got, wanted, atol + rtol * std::abs(wanted)) << what << " " << name(dtype);
}
inline void expect_golden(const std::vector<double>& got, const std::vector<double>& wanted, DType dtype,
                          const char* what) {
  ASSERT_EQ(got.size(), wanted.size()) << what;
  for (size_t i = 0; i < got.size(); ++i) expect_golden(got[i], wanted[i], dtype, what);
}

}  // namespace infograd::testing
