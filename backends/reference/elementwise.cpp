// One function at every element. The functions themselves are in backends/scalar_ops.h.
#include <string>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/integers.h>
#include <infograd/backends/reference/reference_backend.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd {

using namespace reference;

void ReferenceBackend::unary(UnaryOp op, View out, ConstView x, double p0, double p1) {
  visit_dtype(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> in(x);
    if (op == UnaryOp::logical_not || op == UnaryOp::isfinite) {  // a b8 result for any type
      const Elements<bool> flags(out);
      for_each<2>(x.shape, {out.strides, x.strides}, [&](int64_t o, int64_t i) {
        flags.set_at(
            o, op == UnaryOp::logical_not ? in.at(i) == 0 : std::isfinite(static_cast<double>(in.at(i))));
      });
      return;
    }
    const Elements<T> result(out);
    if constexpr (is_floating_v<T>) {
      scalar_math::visit(op, [&](auto function) {
        for_each<2>(x.shape, {out.strides, x.strides},
                    [&](int64_t o, int64_t i) { result.set_at(o, function.f(in.at(i), p0, p1)); });
      });
    } else if constexpr (!std::is_same_v<T, bool>) {
      for_each<2>(x.shape, {out.strides, x.strides},
                  [&](int64_t o, int64_t i) { result.set_at(o, reference::unary(op, in.at(i), p0, p1)); });
    } else {
      throw_dtype("arithmetic", DType::b8);
    }
  });
}

void ReferenceBackend::unary_grad(UnaryOp op, View dx, ConstView dy, ConstView x, ConstView y, double p0,
                                  double p1) {
  visit_floating("the derivative of an element-wise function", dx.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> dx_of(dx), dy_of(dy);
    scalar_math::visit(op, [&](auto function) {
      if (function.uses == scalar_math::Uses::none)
        throw NotImplemented("reference: unary_grad of a function without one");
      // df reads x or y, never both: walk whichever it uses, and pass its value for both.
      const bool uses_nothing = function.uses == scalar_math::Uses::nothing;
      const ConstView& used = function.uses == scalar_math::Uses::y ? y : uses_nothing ? dy : x;
      const Elements<T> used_of(used);
      for_each<3>(dx.shape, {dx.strides, dy.strides, used.strides}, [&](int64_t o, int64_t i, int64_t u) {
        const double value = used_of.at(u);
        dx_of.set_at(o, dy_of.at(i) * function.df(value, value, p0, p1));
      });
    });
  });
}

void ReferenceBackend::binary(BinaryOp op, View out, ConstView a, ConstView b, double alpha) {
  const std::array<Strides, 3> strides{out.strides, a.strides, b.strides};
  visit_dtype(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> left(a), right(b);
    if (scalar_math::is_comparison(op)) {
      const Elements<bool> flags(out);
      for_each(out.shape, strides, [&](int64_t o, int64_t i, int64_t j) {
        flags.set_at(o, scalar_math::compare(op, left.at(i), right.at(j)));
      });
      return;
    }
    const Elements<T> result(out);
    if constexpr (is_floating_v<T>) {
      scalar_math::visit(op, [&](auto function) {
        for_each(out.shape, strides, [&](int64_t o, int64_t i, int64_t j) {
          result.set_at(o, function.f(left.at(i), right.at(j), alpha));
        });
      });
    } else if constexpr (!std::is_same_v<T, bool>) {
      for_each(out.shape, strides, [&](int64_t o, int64_t i, int64_t j) {
        result.set_at(o, reference::binary(op, left.at(i), right.at(j), alpha));
      });
    } else {
      throw_dtype("arithmetic", DType::b8);
    }
  });
}

}  // namespace infograd
