// Data of the specified experiments on fuzzy mutual information.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <infograd/autograd/engine.h>
#include <infograd/losses/mi/fuzzy/fuzzy.h>
#include <infograd/ops/creation.h>

namespace infograd::losses::fuzzy_test {

/// n values u[first], u[first + 1], ... of the generator s <- 1664525 s + 1013904223 mod 2^32, s_0 = 12345,
/// u = floor(s / 2^8) / 2^24.
inline std::vector<double> lcg(size_t n, size_t first = 0) {
  std::vector<double> values;
  uint32_t state = 12345;
  for (size_t i = 0; i < first + n; ++i) {
    state = state * 1664525U + 1013904223U;
    if (i >= first) values.push_back(static_cast<double>(state >> 8U) / 16777216.0);
  }
  return values;
}

struct Pair {
  std::vector<double> x, y;
};
/// x_m = u[2m], y_m = 0.75 u[2m] + 0.25 u[2m + 1], m = 0 .. count - 1.
inline Pair lcg_pairs(size_t count = 1024) {
  const std::vector<double> u = lcg(2 * count);
  Pair pair;
  for (size_t m = 0; m < count; ++m) {
    pair.x.push_back(u[2 * m]);
    pair.y.push_back(0.75 * u[2 * m] + 0.25 * u[2 * m + 1]);
  }
  return pair;
}

inline Tensor leaf(const std::vector<double>& values, DType dtype = DType::f64, const Shape& shape = {}) {
  const Shape of = shape.empty() ? Shape{static_cast<int64_t>(values.size())} : shape;
  Tensor x = from_data(values, of).to(dtype).clone().detach();
  return x.set_requires_grad();
}

inline std::vector<double> numbers(const Tensor& x) {
  return x.to(DType::f64).to_vector<double>();
}

struct Named {
  FuzzyMiLoss loss;
  const char* name;
};
inline constexpr Named kLosses[] = {{FuzzyMiLoss::lmi, "lmi"},
                                    {FuzzyMiLoss::lmi_squared, "lmi_squared"},
                                    {FuzzyMiLoss::entropy_gap, "entropy_gap"},
                                    {FuzzyMiLoss::neg_mi, "neg_mi"},
                                    {FuzzyMiLoss::variation_of_information, "variation_of_information"},
                                    {FuzzyMiLoss::rajski, "rajski"},
                                    {FuzzyMiLoss::symmetric_uncertainty, "symmetric_uncertainty"},
                                    {FuzzyMiLoss::chi_square, "chi_square"},
                                    {FuzzyMiLoss::l1_dependence, "l1_dependence"},
                                    {FuzzyMiLoss::exp_neg_mi, "exp_neg_mi"}};

struct Family {
  Membership membership;
  const char* name;
};
inline constexpr Family kSmoothFamilies[] = {{Membership::triangular, "triangular"},
                                             {Membership::triangular_cell, "triangular_cell"},
                                             {Membership::gaussian, "gaussian"},
                                             {Membership::cubic_bspline, "cubic_bspline"}};

/// The fewest bins a family takes, or `bins`.
inline int at_least(int bins, Membership membership) {
  return membership == Membership::cubic_bspline && bins < 4 ? 4 : bins;
}

}  // namespace infograd::losses::fuzzy_test
