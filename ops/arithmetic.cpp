// Arithmetic of two operands. A gradient may have the broadcast shape: the engine sums it back.
#include <infograd/ops/elementwise.h>
#include <infograd/ops/support.h>

namespace infograd {

using detail::Accepts;
using detail::check_input;
using detail::run_binary;

namespace {

Tensor arithmetic(BinaryOp op, std::string_view name, const Tensor& a, const Tensor& b, Accepts accepts) {
  check_input(name, "a", a, accepts);
  check_same(name, a, b);
  return run_binary(op, name, a, b, a.dtype());
}

// maximum and minimum: the side that lost gets nothing, a tie is shared.
Grads extremum_grads(const Tensor& g, const Tensor& a, const Tensor& b, const Tensor& a_loses,
                     const Tensor& b_loses, Needs needs) {
  const Tensor shared = where(eq(a, b), 0.5 * g, g);
  return {needs[0] ? masked_fill(shared, a_loses, 0) : Tensor(),
          needs[1] ? masked_fill(shared, b_loses, 0) : Tensor()};
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  Tensor out = arithmetic(BinaryOp::add, "add", a, b, Accepts::number);
  if (grad_needed({&a, &b})) record(out, "add", {&a, &b}, [](const Tensor& g) { return Grads{g, g}; });
  return out;
}

Tensor sub(const Tensor& a, const Tensor& b) {
  Tensor out = arithmetic(BinaryOp::sub, "sub", a, b, Accepts::number);
  if (grad_needed({&a, &b}))
    record(out, "sub", {&a, &b}, [](const Tensor& g, Needs needs) {
      return Grads{g, needs[1] ? neg(g) : Tensor()};
    });
  return out;
}

Tensor mul(const Tensor& a, const Tensor& b) {
  Tensor out = arithmetic(BinaryOp::mul, "mul", a, b, Accepts::number);
  if (grad_needed({&a, &b}))
    record(out, "mul", {&a, &b}, [sa = Saved(a), sb = Saved(b)](const Tensor& g, Needs needs) {
      return Grads{needs[0] ? g * sb.get() : Tensor(), needs[1] ? g * sa.get() : Tensor()};
    });
  return out;
}

// d(a/b)/db = -(a/b)/b: keeping the output saves keeping a.
Tensor div(const Tensor& a, const Tensor& b) {
  Tensor out = arithmetic(BinaryOp::div, "div", a, b, Accepts::floating);
  if (grad_needed({&a, &b}))
    record(out, "div", {&a, &b}, [sb = Saved(b), sy = SavedOutput(out)](const Tensor& g, Needs needs) {
      const Tensor da = g / sb.get();
      return Grads{da, needs[1] ? neg(da * sy.get()) : Tensor()};
    });
  return out;
}

Tensor operator/(double a, const Tensor& b) {
  return a * reciprocal(b);
}

// x^0 has derivative 0 and 0^y too, where the plain formulas give 0 * inf.
Tensor pow(const Tensor& x, const Tensor& exponent) {
  Tensor out = arithmetic(BinaryOp::pow, "pow", x, exponent, Accepts::floating);
  if (grad_needed({&x, &exponent}))
    record(out, "pow", {&x, &exponent},
           [sx = Saved(x), se = Saved(exponent), sy = SavedOutput(out)](const Tensor& g, Needs needs) {
             const Tensor base = sx.get(), e = se.get();
             Grads grads;
             grads.push_back(needs[0] ? masked_fill(g * (e * pow(base, e - 1)), eq(e, 0), 0) : Tensor());
             grads.push_back(
                 needs[1] ? masked_fill(g * (sy.get() * log(base)), logical_and(eq(base, 0), ge(e, 0)), 0)
                          : Tensor());
             return grads;
           });
  return out;
}

Tensor maximum(const Tensor& a, const Tensor& b) {
  Tensor out = arithmetic(BinaryOp::maximum, "maximum", a, b, Accepts::number);
  if (grad_needed({&a, &b}))
    record(out, "maximum", {&a, &b}, [sa = Saved(a), sb = Saved(b)](const Tensor& g, Needs needs) {
      const Tensor u = sa.get(), v = sb.get();
      return extremum_grads(g, u, v, lt(u, v), lt(v, u), needs);
    });
  return out;
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  Tensor out = arithmetic(BinaryOp::minimum, "minimum", a, b, Accepts::number);
  if (grad_needed({&a, &b}))
    record(out, "minimum", {&a, &b}, [sa = Saved(a), sb = Saved(b)](const Tensor& g, Needs needs) {
      const Tensor u = sa.get(), v = sb.get();
      return extremum_grads(g, u, v, gt(u, v), gt(v, u), needs);
    });
  return out;
}

}  // namespace infograd
