#include <cmath>
#include <utility>

#include <infograd/core/dense.h>
#include <infograd/ops/support.h>

namespace infograd {

void Axes::push_back(int axis) {
  check<ShapeError>(size_ < kMaxRank, "axes: more than {} of them, and no tensor has more dimensions",
                    kMaxRank);
  values_[static_cast<size_t>(size_++)] = axis;
}

namespace detail {
namespace {

bool accepts(Accepts what, DType dtype) {
  switch (what) {
    case Accepts::floating:
      return is_floating(dtype);
    case Accepts::number:
      return is_floating(dtype) || dtype == DType::i64;
    case Accepts::logical:
      return dtype == DType::b8;
    case Accepts::index:
      return dtype == DType::i64;
    case Accepts::any:
      return true;
  }
  return false;
}

const char* wanted(Accepts what) {
  switch (what) {
    case Accepts::floating:
      return "a floating dtype (f32, f64, bf16); convert with x.to(DType::f32)";
    case Accepts::number:
      return "f32, f64, bf16 or i64; convert with x.to(...)";
    case Accepts::logical:
      return "b8; make a mask with a comparison such as x > 0";
    case Accepts::index:
      return "i64; convert with index.to(DType::i64)";
    case Accepts::any:
      return "any dtype";
  }
  return "";
}

}  // namespace

void check_input(std::string_view op, std::string_view argument, const Tensor& x, Accepts what) {
  check_defined(op, argument, x);
  if (!accepts(what, x.dtype())) [[unlikely]]
    fail<DTypeError>("{}: {} is {}, but this op takes {}", op, argument, describe(x), wanted(what));
}

void check_same_device(std::string_view op, const Tensor& a, const Tensor& b) {
  if (!(a.device() == b.device())) [[unlikely]]
    fail<DeviceError>(
        "{}: {} is on {}, {} is on {}; nothing is copied between devices unless you call .to(device)", op,
        describe(a), to_string(a.device()), describe(b), to_string(b.device()));
}

void check_scalar(std::string_view op, double value, DType dtype) {
  if (is_floating(dtype)) return;
  const double lowest = dtype == DType::i64 ? -0x1p63 : 0;
  const double above = dtype == DType::i64 ? 0x1p63 : dtype == DType::u8 ? 256 : 2;
  check<ValueError>(
      std::floor(value) == value && value >= lowest && value < above,
      "{}: the scalar {} is not a value of {}; a C++ scalar adopts the tensor's dtype, so convert the "
      "tensor first",
      op, value, name(dtype));
}

Tensor empty_like_layout(const Tensor& x, DType dtype) {
  const TensorImpl& t = x.impl();
  if (t.contiguous || !is_dense(t.shape, t.strides)) return empty(t.shape, dtype, x.device());
  return empty_strided(t.shape, t.strides, dtype, x.device());
}

Tensor empty_for(const Shape& shape, DType dtype, const Tensor& a, const Tensor& b) {
  if (a.shape() == shape && is_dense(a)) return empty_like_layout(a, dtype);
  if (b.shape() == shape && is_dense(b)) return empty_like_layout(b, dtype);
  return empty(shape, dtype, a.device());
}

Tensor run_unary(UnaryOp op, std::string_view name, const Tensor& x, DType out_dtype, double p0, double p1) {
  Tensor out = empty_like_layout(x, out_dtype);
  const trace::Call call(name);
  backend_for(x.device()).unary(op, View(out), ConstView(x), p0, p1);
  return out;
}

Tensor run_unary_grad(UnaryOp op, const Tensor& g, const Tensor& x, const Tensor& y, double p0, double p1) {
  const Tensor& like = x.defined() ? x : y;
  Tensor dx = empty_like_layout(like, like.dtype());
  const trace::Call call("unary_grad");
  backend_for(g.device())
      .unary_grad(op, View(dx), ConstView::broadcast(g, like.shape()), ConstView(x), ConstView(y), p0, p1);
  return dx;
}

Tensor run_binary(BinaryOp op, std::string_view name, const Tensor& a, const Tensor& b, DType out_dtype) {
  const TensorImpl& ai = a.impl();
  const TensorImpl& bi = b.impl();
  Backend& backend = backend_for(ai.storage->device());
  if (ai.contiguous && bi.contiguous && ai.shape == bi.shape) {
    Tensor out = empty(ai.shape, out_dtype, ai.storage->device());
    const trace::Call call(name);
    backend.binary(op, View(out), ConstView(a), ConstView(b), 1);
    return out;
  }
  const Shape shape = broadcast_shapes(ai.shape, bi.shape, name);
  Tensor out = empty_for(shape, out_dtype, a, b);
  const trace::Call call(name);
  backend.binary(op, View(out), ConstView::broadcast(a, shape), ConstView::broadcast(b, shape), 1);
  return out;
}

Tensor run_copy(const Tensor& x, DType dtype) {
  Tensor out = empty(x.shape(), dtype, x.device());
  const trace::Call call("copy");
  backend_for(x.device()).copy(View(out), ConstView(x));
  return out;
}

Tensor scalar_like(const Tensor& x, double value) {
  Tensor out = empty({}, x.dtype(), x.device());
  backend_for(x.device()).fill(View(out), value);
  return out;
}

}  // namespace detail
}  // namespace infograd
