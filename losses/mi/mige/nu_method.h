// Private: scores by the nu-method, an accelerated iteration that needs no eigenproblem. Y. Zhou, J. Shi, J.
// Zhu, "Nonparametric Score Estimators", arXiv:2005.10099.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd::losses::ssge {

/// Scores [N, d] at q (the samples x [M, d] themselves when q is undefined), nu = 1. The kernel is curl-free,
/// made of phi(r^2) = (1 + r^2 / sigma^2)^(-1/2). O(iterations M^2 d) time. Equivalent to a Tikhonov term of
/// 1 / iterations^2.
Tensor nu_method(const Tensor& x, const Tensor& q, double sigma, int64_t iterations);

}  // namespace infograd::losses::ssge
