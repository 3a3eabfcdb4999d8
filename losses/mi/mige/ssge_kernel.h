// Private: the Gaussian kernel of SSGE. Everything here is outside the graph.
#pragma once

#include <infograd/losses/mi/mige/ssge.h>

namespace infograd::losses::ssge {

/// sigma from the squared distances [M, M] of all samples; 0 when they are all equal.
INFOGRAD_API double choose_sigma(const Tensor& squared, const SsgeOptions& options);
/// exp(-squared / (2 sigma^2)).
INFOGRAD_API Tensor gaussian(const Tensor& squared, double sigma);
/// (D - K) X / sigma^2, D the row sums of K: row n is the sum over m of the gradient of k(x^m, x^n) in x^m.
INFOGRAD_API Tensor kernel_gradients(const Tensor& k, const Tensor& x, double sigma);

}  // namespace infograd::losses::ssge
