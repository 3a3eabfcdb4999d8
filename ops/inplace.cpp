// In-place forms. The checks are the point of this file: nothing that autograd relies on may change behind
// its back.
#include <infograd/ops/inplace.h>
#include <infograd/ops/support.h>

namespace infograd {

using detail::Accepts;
using detail::check_input;

namespace {

// May x be overwritten?
void check_target(std::string_view op, const Tensor& x, Accepts accepts) {
  check_input(op, "x", x, accepts);
  check<ValueError>(
      !grad_enabled() || !x.requires_grad(),
      "{}: x {} is part of the graph and grad mode is on; wrap the update in NoGrad, or use the form "
      "without underscore",
      op, describe(x));
  for (int axis = 0; axis < x.rank(); ++axis)
    check<ValueError>(x.strides()[axis] != 0 || x.shape()[axis] <= 1 || x.numel() == 0,
                      "{}: x {} repeats memory along axis {} (it was expanded); write to a clone() instead",
                      op, describe(x), axis);
}

bool same_place(const Tensor& x, const Tensor& y) {
  return x.raw_data() == y.raw_data() && x.shape() == y.shape() && x.strides() == y.strides();
}

// y as a kernel may read it while x is being written: broadcast to x, and copied first if the two overlap.
struct Source {
  Tensor tensor;
  ConstView view;
  Source(std::string_view op, const Tensor& x, const Tensor& y) : tensor(y) {
    check_defined(op, "y", y);
    detail::check_same_device(op, x, y);
    check<ValueError>(
        !grad_needed({&y}),
        "{}: y {} requires a gradient, which x would not pass on; wrap the update in NoGrad, or use the form "
        "without underscore",
        op, describe(y));
    check<ShapeError>(broadcasts_to(y.shape(), x.shape()), "{}: y {} does not broadcast to x {}", op,
                      describe(y), describe(x));
    if (x.impl().storage == y.impl().storage && !same_place(x, y)) tensor = y.clone();
    view = ConstView::broadcast(tensor, x.shape());
  }
};

Tensor& binary_(BinaryOp op, std::string_view name, Tensor& x, const Tensor& y, double alpha = 1) {
  check_target(name, x, Accepts::number);
  check_same(name, x, y);
  const Source source(name, x, y);
  const trace::Call call(name);
  backend_for(x.device()).binary(op, View(x), ConstView(x), source.view, alpha);
  x.impl().storage->bump_version();
  return x;
}

Tensor& unary_(UnaryOp op, std::string_view name, Tensor& x, double p0, double p1) {
  check_target(name, x, Accepts::number);
  detail::check_scalar(name, p0, x.dtype());
  detail::check_scalar(name, p1, x.dtype());
  const trace::Call call(name);
  backend_for(x.device()).unary(op, View(x), ConstView(x), p0, p1);
  x.impl().storage->bump_version();
  return x;
}

Tensor& overwrite(std::string_view name, Tensor& x, double value) {
  check_target(name, x, Accepts::any);
  detail::check_scalar(name, value, x.dtype());
  const trace::Call call(name);
  backend_for(x.device()).fill(View(x), value);
  x.impl().storage->bump_version();
  return x;
}

}  // namespace

Tensor& add_(Tensor& x, const Tensor& y, double alpha) {
  if (x.defined()) detail::check_scalar("add_", alpha, x.dtype());
  return binary_(BinaryOp::add, "add_", x, y, alpha);
}
Tensor& sub_(Tensor& x, const Tensor& y) {
  return binary_(BinaryOp::sub, "sub_", x, y);
}
Tensor& mul_(Tensor& x, const Tensor& y) {
  return binary_(BinaryOp::mul, "mul_", x, y);
}
Tensor& mul_(Tensor& x, double value) {
  return unary_(UnaryOp::affine, "mul_", x, value, 0);
}
Tensor& add_(Tensor& x, double value) {
  return unary_(UnaryOp::affine, "add_", x, 1, value);
}
Tensor& clamp_(Tensor& x, double lower, double upper) {
  return unary_(UnaryOp::clamp, "clamp_", x, lower, upper);
}

Tensor& fill_(Tensor& x, double value) {
  return overwrite("fill_", x, value);
}
Tensor& zero_(Tensor& x) {
  return overwrite("zero_", x, 0);
}

Tensor& copy_(Tensor& x, const Tensor& y) {
  check_target("copy_", x, Accepts::any);
  const Source source("copy_", x, y);
  const trace::Call call("copy_");
  backend_for(x.device()).copy(View(x), source.view);
  x.impl().storage->bump_version();
  return x;
}

}  // namespace infograd
