// Private: what the ops share. Argument checks, outputs that keep their input's memory layout, and kernel
// calls that do not record. Everything here runs on the hot path: no allocation besides the output, no
// formatting unless it fails.
#pragma once

#include <string_view>

#include <infograd/autograd/record.h>
#include <infograd/backends/registry.h>
#include <infograd/core/check.h>
#include <infograd/core/trace.h>
#include <infograd/ops/axes.h>

namespace infograd::detail {

/// Which element types an op takes.
enum class Accepts : uint8_t {
  floating,  ///< f32, f64, bf16
  number,    ///< floating and i64: arithmetic
  logical,   ///< b8
  index,     ///< i64
  any
};
/// Throws ValueError for an undefined tensor and DTypeError for a type the op does not take, naming op and
/// argument.
void check_input(std::string_view op, std::string_view argument, const Tensor& x, Accepts accepts);
/// Throws DeviceError, naming both devices, when a and b are apart.
void check_same_device(std::string_view op, const Tensor& a, const Tensor& b);
/// Throws ValueError unless `value` is exactly representable in an integer or b8 dtype; floats take every
/// value.
void check_scalar(std::string_view op, double value, DType dtype);

/// Uninitialised, of x's shape. A dense layout such as channels-last is kept, anything else becomes
/// row-major.
Tensor empty_like_layout(const Tensor& x, DType dtype);
/// The layout a result of shape `shape` takes over from its operands: that of the first one that is dense and
/// has it.
Tensor empty_for(const Shape& shape, DType dtype, const Tensor& a, const Tensor& b);

// Kernel calls on checked operands; the results are outside the graph.
Tensor run_unary(UnaryOp op, std::string_view name, const Tensor& x, DType out, double p0 = 0, double p1 = 0);
inline Tensor run_unary(UnaryOp op, std::string_view name, const Tensor& x, double p0 = 0, double p1 = 0) {
  return run_unary(op, name, x, x.dtype(), p0, p1);
}
/// g * f'(x); of x and y, the kernel reads the one its formula is written with.
Tensor run_unary_grad(UnaryOp op, const Tensor& g, const Tensor& x, const Tensor& y, double p0 = 0,
                      double p1 = 0);
/// Broadcasts a and b. Their dtypes agree.
Tensor run_binary(BinaryOp op, std::string_view name, const Tensor& a, const Tensor& b, DType out);
/// Copies the values of x into a fresh row-major tensor of `dtype`.
Tensor run_copy(const Tensor& x, DType dtype);

/// Keeps x for backward only when something there will read it.
inline Saved saved_if(bool wanted, const Tensor& x) {
  return wanted ? Saved(x) : Saved();
}

/// A 0-d constant with x's dtype and device.
Tensor scalar_like(const Tensor& x, double value);

/// Places src into zeros of `shape` at start, start + step, ... of `axis`: the transpose of slice.
/// Differentiable.
Tensor embed(const Tensor& src, const Shape& shape, int axis, int64_t start, int64_t step);

}  // namespace infograd::detail
