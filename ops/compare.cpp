// Comparisons, logic and selection by mask.
#include <infograd/ops/elementwise.h>
#include <infograd/ops/support.h>

namespace infograd {

using detail::Accepts;
using detail::check_input;
using detail::run_binary;
using detail::run_unary;

namespace {

Tensor compare(BinaryOp op, std::string_view name, const Tensor& a, const Tensor& b) {
  check_same(name, a, b);
  return run_binary(op, name, a, b, DType::b8);
}
Tensor compare(BinaryOp op, std::string_view name, const Tensor& a, double b) {
  check_defined(name, "a", a);
  detail::check_scalar(name, b, a.dtype());
  return run_binary(op, name, a, detail::scalar_like(a, b), DType::b8);
}
Tensor logical(BinaryOp op, std::string_view name, const Tensor& a, const Tensor& b) {
  check_input(name, "a", a, Accepts::logical);
  check_same(name, a, b);
  return run_binary(op, name, a, b, DType::b8);
}

void check_mask(std::string_view op, std::string_view argument, const Tensor& mask, const Tensor& x) {
  check_input(op, argument, mask, Accepts::logical);
  check_defined(op, "x", x);
  detail::check_same_device(op, mask, x);
}

// condition ? a : b without recording. All on one device, a and b of one dtype.
Tensor run_where(std::string_view name, const Tensor& condition, const Tensor& a, const Tensor& b) {
  const Shape shape = broadcast_shapes(broadcast_shapes(condition.shape(), a.shape(), name), b.shape(), name);
  Tensor out = detail::empty_for(shape, a.dtype(), a, b);
  const trace::Call call(name);
  backend_for(a.device())
      .where(View(out), ConstView::broadcast(condition, shape), ConstView::broadcast(a, shape),
             ConstView::broadcast(b, shape));
  return out;
}

}  // namespace

Tensor eq(const Tensor& a, const Tensor& b) {
  return compare(BinaryOp::eq, "eq", a, b);
}
Tensor ne(const Tensor& a, const Tensor& b) {
  return compare(BinaryOp::ne, "ne", a, b);
}
Tensor lt(const Tensor& a, const Tensor& b) {
  return compare(BinaryOp::lt, "lt", a, b);
}
Tensor le(const Tensor& a, const Tensor& b) {
  return compare(BinaryOp::le, "le", a, b);
}
Tensor gt(const Tensor& a, const Tensor& b) {
  return compare(BinaryOp::gt, "gt", a, b);
}
Tensor ge(const Tensor& a, const Tensor& b) {
  return compare(BinaryOp::ge, "ge", a, b);
}
Tensor eq(const Tensor& a, double b) {
  return compare(BinaryOp::eq, "eq", a, b);
}
Tensor ne(const Tensor& a, double b) {
  return compare(BinaryOp::ne, "ne", a, b);
}
Tensor lt(const Tensor& a, double b) {
  return compare(BinaryOp::lt, "lt", a, b);
}
Tensor le(const Tensor& a, double b) {
  return compare(BinaryOp::le, "le", a, b);
}
Tensor gt(const Tensor& a, double b) {
  return compare(BinaryOp::gt, "gt", a, b);
}
Tensor ge(const Tensor& a, double b) {
  return compare(BinaryOp::ge, "ge", a, b);
}

Tensor logical_and(const Tensor& a, const Tensor& b) {
  return logical(BinaryOp::logical_and, "logical_and", a, b);
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
  return logical(BinaryOp::logical_or, "logical_or", a, b);
}
Tensor logical_xor(const Tensor& a, const Tensor& b) {
  return logical(BinaryOp::logical_xor, "logical_xor", a, b);
}
Tensor logical_not(const Tensor& x) {
  check_input("logical_not", "x", x, Accepts::logical);
  return run_unary(UnaryOp::logical_not, "logical_not", x);
}
Tensor isfinite(const Tensor& x) {
  check_input("isfinite", "x", x, Accepts::floating);
  return run_unary(UnaryOp::isfinite, "isfinite", x, DType::b8);
}

// The gradient of the side not taken is written as 0, never computed as 0 * g: a NaN there stays out.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  check_same("where", a, b);
  check_mask("where", "condition", condition, a);
  Tensor out = run_where("where", condition, a, b);
  if (grad_needed({&a, &b}))
    record(out, "where", {&a, &b}, [mask = Saved(condition)](const Tensor& g, Needs needs) {
      return Grads{needs[0] ? where(mask.get(), g, 0) : Tensor(),
                   needs[1] ? masked_fill(g, mask.get(), 0) : Tensor()};
    });
  return out;
}

Tensor where(const Tensor& condition, const Tensor& a, double b) {
  check_mask("where", "condition", condition, a);
  detail::check_scalar("where", b, a.dtype());
  Tensor out = run_where("where", condition, a, detail::scalar_like(a, b));
  if (grad_needed({&a}))
    record(out, "where", {&a},
           [mask = Saved(condition)](const Tensor& g) { return where(mask.get(), g, 0); });
  return out;
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, double value) {
  check_mask("masked_fill", "mask", mask, x);
  detail::check_scalar("masked_fill", value, x.dtype());
  const Shape shape = broadcast_shapes(x.shape(), mask.shape(), "masked_fill");
  Tensor out =
      x.shape() == shape ? detail::empty_like_layout(x, x.dtype()) : empty(shape, x.dtype(), x.device());
  {
    const Tensor filler = detail::scalar_like(x, value);
    const trace::Call call("masked_fill");
    backend_for(x.device())
        .where(View(out), ConstView::broadcast(mask, shape), ConstView::broadcast(filler, shape),
               ConstView::broadcast(x, shape));
  }
  if (grad_needed({&x}))
    record(out, "masked_fill", {&x},
           [saved = Saved(mask)](const Tensor& g) { return masked_fill(g, saved.get(), 0); });
  return out;
}

}  // namespace infograd
