// Element-wise functions. Shapes broadcast as in NumPy; dtypes must agree; C++ scalars adopt the tensor's
// dtype. Kinks: relu'(0) = abs'(0) = 0, sign' = floor' = ceil' = round' = 0, clamp passes the gradient where
// lo <= x <= hi, maximum and minimum share it at ties.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd {

INFOGRAD_API Tensor neg(const Tensor& x);
INFOGRAD_API Tensor abs(const Tensor& x);
INFOGRAD_API Tensor sign(const Tensor& x);
INFOGRAD_API Tensor sqrt(const Tensor& x);
INFOGRAD_API Tensor rsqrt(const Tensor& x);
INFOGRAD_API Tensor exp(const Tensor& x);
INFOGRAD_API Tensor expm1(const Tensor& x);
INFOGRAD_API Tensor log(const Tensor& x);
INFOGRAD_API Tensor log1p(const Tensor& x);
INFOGRAD_API Tensor sin(const Tensor& x);
INFOGRAD_API Tensor cos(const Tensor& x);
INFOGRAD_API Tensor tanh(const Tensor& x);
INFOGRAD_API Tensor sigmoid(const Tensor& x);
/// log(1 + e^x) without overflow.
INFOGRAD_API Tensor softplus(const Tensor& x);
INFOGRAD_API Tensor relu(const Tensor& x);
INFOGRAD_API Tensor leaky_relu(const Tensor& x, double slope = 0.01);
INFOGRAD_API Tensor elu(const Tensor& x, double alpha = 1.0);
enum class GeluForm : uint8_t { exact, tanh };
INFOGRAD_API Tensor gelu(const Tensor& x, GeluForm form = GeluForm::exact);
/// x * sigmoid(x).
INFOGRAD_API Tensor silu(const Tensor& x);
INFOGRAD_API Tensor erf(const Tensor& x);
INFOGRAD_API Tensor floor(const Tensor& x);
INFOGRAD_API Tensor ceil(const Tensor& x);
/// To nearest, ties to even.
INFOGRAD_API Tensor round(const Tensor& x);
INFOGRAD_API Tensor square(const Tensor& x);
INFOGRAD_API Tensor reciprocal(const Tensor& x);
/// log |Gamma(x)|.
INFOGRAD_API Tensor lgamma(const Tensor& x);
/// psi(x), the derivative of lgamma. Differentiable once (trigamma).
INFOGRAD_API Tensor digamma(const Tensor& x);
/// psi'(x); not differentiable here.
INFOGRAD_API Tensor trigamma(const Tensor& x);
/// min(max(x, lower), upper); every element is `upper` when lower > upper.
INFOGRAD_API Tensor clamp(const Tensor& x, double lower, double upper);
INFOGRAD_API Tensor pow(const Tensor& x, double exponent);
INFOGRAD_API Tensor pow(const Tensor& x, const Tensor& exponent);
/// scale * x + shift in one pass.
INFOGRAD_API Tensor affine(const Tensor& x, double scale, double shift);

INFOGRAD_API Tensor add(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor sub(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor mul(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor div(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor maximum(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor minimum(const Tensor& a, const Tensor& b);

// Comparisons and logic: b8 results, not differentiable. NaN compares false (ne: true).
INFOGRAD_API Tensor eq(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor ne(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor lt(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor le(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor gt(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor ge(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor eq(const Tensor& a, double b);
INFOGRAD_API Tensor ne(const Tensor& a, double b);
INFOGRAD_API Tensor lt(const Tensor& a, double b);
INFOGRAD_API Tensor le(const Tensor& a, double b);
INFOGRAD_API Tensor gt(const Tensor& a, double b);
INFOGRAD_API Tensor ge(const Tensor& a, double b);
INFOGRAD_API Tensor logical_and(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor logical_or(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor logical_xor(const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor logical_not(const Tensor& x);
INFOGRAD_API Tensor isfinite(const Tensor& x);

/// condition (b8) ? a : b, all broadcast. The gradient of the side not taken is 0, even where it is NaN.
INFOGRAD_API Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
INFOGRAD_API Tensor where(const Tensor& condition, const Tensor& a, double b);
/// x with `value` where mask (b8, broadcast) is set.
INFOGRAD_API Tensor masked_fill(const Tensor& x, const Tensor& mask, double value);

inline Tensor operator-(const Tensor& x) {
  return neg(x);
}
inline Tensor operator+(const Tensor& a, const Tensor& b) {
  return add(a, b);
}
inline Tensor operator-(const Tensor& a, const Tensor& b) {
  return sub(a, b);
}
inline Tensor operator*(const Tensor& a, const Tensor& b) {
  return mul(a, b);
}
inline Tensor operator/(const Tensor& a, const Tensor& b) {
  return div(a, b);
}
inline Tensor operator+(const Tensor& a, double b) {
  return affine(a, 1, b);
}
inline Tensor operator+(double a, const Tensor& b) {
  return affine(b, 1, a);
}
inline Tensor operator-(const Tensor& a, double b) {
  return affine(a, 1, -b);
}
inline Tensor operator-(double a, const Tensor& b) {
  return affine(b, -1, a);
}
inline Tensor operator*(const Tensor& a, double b) {
  return affine(a, b, 0);
}
inline Tensor operator*(double a, const Tensor& b) {
  return affine(b, a, 0);
}
inline Tensor operator/(const Tensor& a, double b) {
  return affine(a, 1 / b, 0);
}
INFOGRAD_API Tensor operator/(double a, const Tensor& b);

}  // namespace infograd
