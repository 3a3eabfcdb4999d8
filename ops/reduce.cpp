// Reductions: the backend sums, the gradient spreads the result back over the reduced axes (as a stride-0
// view).
#include <cmath>

#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/support.h>

namespace infograd {

using detail::Accepts;
using detail::check_input;

namespace {

// What a list of axes means for one shape.
struct Reduction {
  Shape kept;         // extent 1 on the reduced axes
  Shape out;          // as the caller sees it
  int64_t count = 1;  // elements per result
};

Reduction reduction_of(const Shape& shape, const Axes& axes, bool keepdim, std::string_view name) {
  uint32_t mask = 0;
  for (int axis : axes) {
    const uint32_t bit = 1U << static_cast<uint32_t>(normalize_axis(axis, shape.rank(), name));
    check<ShapeError>((mask & bit) == 0, "{}: axis {} is listed twice for shape {}", name, axis, shape);
    mask |= bit;
  }
  if (axes.empty()) mask = ~0U;
  Reduction r;
  r.kept = shape;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (((mask >> static_cast<uint32_t>(axis)) & 1U) != 0) {
      r.count *= shape[axis];
      r.kept[axis] = 1;
    } else if (!keepdim) {
      r.out.push_back(shape[axis]);
    }
  }
  if (keepdim) r.out = r.kept;
  return r;
}

Tensor run_reduce(ReduceOp op, std::string_view name, const Tensor& x, const Reduction& r, double param = 0) {
  Tensor out = empty(r.out, x.dtype(), x.device());
  const trace::Call call(name);
  backend_for(x.device())
      .reduce(op, View(out.raw_data(), out.dtype(), r.kept, contiguous_strides(r.kept)), ConstView(x), param);
  return out;
}

// A result (shape r.out) seen with the kept shape, so that it broadcasts against x.
Tensor keep_axes(const Tensor& result, const Shape& kept) {
  return reshape(result, kept);
}

// A result repeated over the reduced axes without copying.
Tensor spread(const Tensor& result, const Shape& kept, const Shape& shape) {
  if (result.is_contiguous() && !grad_needed({&result}))
    return make_view(result, shape, broadcast_strides(kept, contiguous_strides(kept), shape),
                     result.impl().offset);
  return expand(reshape(result, kept), shape);
}

// Ties share the gradient. A NaN maximum has no tie at all: 0 / 0 hands the NaN on.
Tensor extremum(ReduceOp op, std::string_view name, const Tensor& x, const Axes& axes, bool keepdim) {
  check_input(name, "x", x, Accepts::number);
  const Reduction r = reduction_of(x.shape(), axes, keepdim, name);
  Tensor out = run_reduce(op, name, x, r);
  if (grad_needed({&x}))
    record(out, name, {&x}, [axes, kept = r.kept, sx = Saved(x), sy = SavedOutput(out)](const Tensor& g) {
      const Tensor input = sx.get();
      if (input.numel() == 0) return zeros_like(input);
      const Tensor chosen = eq(input, keep_axes(sy.get(), kept)).to(input.dtype());
      return chosen * (keep_axes(g, kept) / sum(chosen, axes, true));
    });
  return out;
}

// The product of all *other* elements along the axes, by a table [.., n, n] whose diagonal is 1:
// differentiable even where elements are 0. Needed only while the backward itself is recorded.
Tensor product_of_others(const Tensor& x, const Reduction& r) {
  const int rank = x.rank();
  Axes order, inverse;
  Shape moved;
  for (int pass = 0; pass < 2; ++pass)  // kept axes first, reduced axes last
    for (int axis = 0; axis < rank; ++axis)
      if ((r.kept[axis] == 1) == (pass == 1)) {
        order.push_back(axis);
        moved.push_back(x.size(axis));
      }
  std::array<int, kMaxRank> position{};
  for (int i = 0; i < rank; ++i) position[static_cast<size_t>(order[i])] = i;
  for (int axis = 0; axis < rank; ++axis) inverse.push_back(position[static_cast<size_t>(axis)]);

  const int64_t n = r.count, rows = n == 0 ? 0 : x.numel() / n;
  const Tensor table = expand(reshape(permute(x, order), {rows, 1, n}), {rows, n, n});
  const Tensor others = prod(masked_fill(table, eye(n, DType::b8, x.device()), 1), {-1});
  return permute(reshape(others, moved), inverse);
}

// The same without a table: with one zero in a slice only that element has a non-zero product of others, with
// two none has.
Tensor product_of_others_fast(const Tensor& x, const Axes& axes) {
  const Tensor zero = eq(x, 0);
  const Tensor zeros_in_slice = sum(zero.to(x.dtype()), axes, true);
  const Tensor filled = masked_fill(x, zero, 1);
  const Tensor product = prod(filled, axes, true);
  return where(zero, masked_fill(product, gt(zeros_in_slice, 1), 0),
               masked_fill(product, gt(zeros_in_slice, 0), 0) / filled);
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, bool keepdim) {
  check_input("sum", "x", x, Accepts::number);
  const Reduction r = reduction_of(x.shape(), axes, keepdim, "sum");
  Tensor out = run_reduce(ReduceOp::sum, "sum", x, r);
  if (grad_needed({&x}))
    record(out, "sum", {&x},
           [kept = r.kept, shape = x.shape()](const Tensor& g) { return spread(g, kept, shape); });
  return out;
}

Tensor mean(const Tensor& x, const Axes& axes, bool keepdim) {
  check_input("mean", "x", x, Accepts::floating);
  const Reduction r = reduction_of(x.shape(), axes, keepdim, "mean");
  Tensor out = run_reduce(ReduceOp::mean, "mean", x, r);
  if (grad_needed({&x}))
    record(out, "mean", {&x}, [r, shape = x.shape()](const Tensor& g) {
      return spread(g * (r.count == 0 ? 0 : 1 / static_cast<double>(r.count)), r.kept, shape);
    });
  return out;
}

Tensor var(const Tensor& x, const Axes& axes, double correction, bool keepdim) {
  check_input("var", "x", x, Accepts::floating);
  const Reduction r = reduction_of(x.shape(), axes, keepdim, "var");
  Tensor out = run_reduce(ReduceOp::var, "var", x, r, correction);
  if (grad_needed({&x}))
    record(out, "var", {&x}, [axes, r, correction, saved = Saved(x)](const Tensor& g) {
      const Tensor input = saved.get();
      if (r.count == 0) return zeros_like(input);
      const Tensor scaled = keep_axes(g, r.kept) * (2 / (static_cast<double>(r.count) - correction));
      return (input - mean(input, axes, true)) * scaled;
    });
  return out;
}

// Recorded as one op, not as sqrt(var), so that a slice without spread has gradient 0 instead of 0 / 0.
Tensor std(const Tensor& x, const Axes& axes, double correction, bool keepdim) {
  check_input("std", "x", x, Accepts::floating);
  const Reduction r = reduction_of(x.shape(), axes, keepdim, "std");
  Tensor out = run_reduce(ReduceOp::var, "std", x, r, correction);
  backend_for(x.device()).unary(UnaryOp::sqrt, View(out), ConstView(out), 0, 0);
  if (grad_needed({&x}))
    record(out, "std", {&x}, [axes, r, correction, sx = Saved(x), sy = SavedOutput(out)](const Tensor& g) {
      const Tensor input = sx.get(), y = keep_axes(sy.get(), r.kept), flat = eq(y, 0);
      const Tensor divisor = masked_fill(y, flat, 1) * (static_cast<double>(r.count) - correction);
      return (input - mean(input, axes, true)) * masked_fill(keep_axes(g, r.kept) / divisor, flat, 0);
    });
  return out;
}

Tensor prod(const Tensor& x, const Axes& axes, bool keepdim) {
  check_input("prod", "x", x, Accepts::number);
  const Reduction r = reduction_of(x.shape(), axes, keepdim, "prod");
  Tensor out = run_reduce(ReduceOp::prod, "prod", x, r);
  if (grad_needed({&x}))
    record(out, "prod", {&x}, [axes, r, saved = Saved(x)](const Tensor& g) {
      const Tensor input = saved.get();
      const Tensor others =
          grad_enabled() ? product_of_others(input, r) : product_of_others_fast(input, axes);
      return keep_axes(g, r.kept) * others;
    });
  return out;
}

Tensor max(const Tensor& x, const Axes& axes, bool keepdim) {
  return extremum(ReduceOp::max, "max", x, axes, keepdim);
}
Tensor min(const Tensor& x, const Axes& axes, bool keepdim) {
  return extremum(ReduceOp::min, "min", x, axes, keepdim);
}

// d/dx = exp(x - y). A slice of -inf has y = -inf: subtracting 0 instead makes its gradient 0, not NaN.
Tensor logsumexp(const Tensor& x, const Axes& axes, bool keepdim) {
  check_input("logsumexp", "x", x, Accepts::floating);
  const Reduction r = reduction_of(x.shape(), axes, keepdim, "logsumexp");
  Tensor out = run_reduce(ReduceOp::logsumexp, "logsumexp", x, r);
  if (grad_needed({&x}))
    record(out, "logsumexp", {&x}, [kept = r.kept, sx = Saved(x), sy = SavedOutput(out)](const Tensor& g) {
      const Tensor y = keep_axes(sy.get(), kept);
      return exp(sx.get() - masked_fill(y, eq(y, -INFINITY), 0)) * keep_axes(g, kept);
    });
  return out;
}

Tensor norm(const Tensor& x, double p, const Axes& axes, bool keepdim) {
  check_input("norm", "x", x, Accepts::floating);
  check<ValueError>(p == 1 || p == 2, "norm: p is {}, but only p = 1 and p = 2 are implemented", p);
  const Reduction r = reduction_of(x.shape(), axes, keepdim, "norm");
  if (p == 1) {
    Tensor out = run_reduce(ReduceOp::sum_abs, "norm", x, r);
    if (grad_needed({&x}))
      record(out, "norm", {&x}, [kept = r.kept, saved = Saved(x)](const Tensor& g) {
        return sign(saved.get()) * keep_axes(g, kept);
      });
    return out;
  }
  Tensor out = run_reduce(ReduceOp::sum_squares, "norm", x, r);
  backend_for(x.device()).unary(UnaryOp::sqrt, View(out), ConstView(out), 0, 0);
  if (grad_needed({&x}))
    record(out, "norm", {&x}, [kept = r.kept, sx = Saved(x), sy = SavedOutput(out)](const Tensor& g) {
      const Tensor y = keep_axes(sy.get(), kept), zero = eq(y, 0);
      return sx.get() * masked_fill(keep_axes(g, kept) / masked_fill(y, zero, 1), zero, 0);
    });
  return out;
}

Tensor any(const Tensor& x, const Axes& axes, bool keepdim) {
  check_input("any", "x", x, Accepts::logical);
  return run_reduce(ReduceOp::any, "any", x, reduction_of(x.shape(), axes, keepdim, "any"));
}
Tensor all(const Tensor& x, const Axes& axes, bool keepdim) {
  check_input("all", "x", x, Accepts::logical);
  return run_reduce(ReduceOp::all, "all", x, reduction_of(x.shape(), axes, keepdim, "all"));
}

namespace {

Tensor arg_extremum(ArgReduceOp op, std::string_view name, const Tensor& x, int axis, bool keepdim) {
  check_input(name, "x", x, Accepts::number);
  const int a = normalize_axis(axis, x.rank(), name);
  check<ShapeError>(x.size(a) > 0, "{}: axis {} of {} is empty, so no element can be named", name, axis,
                    describe(x));
  const Reduction r = reduction_of(x.shape(), {a}, keepdim, name);
  Tensor out = empty(r.out, DType::i64, x.device());
  const trace::Call call(name);
  backend_for(x.device())
      .arg_reduce(op, View(out.raw_data(), DType::i64, r.kept, contiguous_strides(r.kept)), ConstView(x), a);
  return out;
}

MaxAlong extremum_along(ArgReduceOp op, std::string_view name, const Tensor& x, int axis, bool keepdim) {
  const Tensor indices = arg_extremum(op, name, x, axis, true);
  const Tensor values = gather(x, axis, indices);
  if (keepdim) return {values, indices};
  return {squeeze(values, axis), squeeze(indices, axis)};
}

}  // namespace

Tensor argmax(const Tensor& x, int axis, bool keepdim) {
  return arg_extremum(ArgReduceOp::argmax, "argmax", x, axis, keepdim);
}
Tensor argmin(const Tensor& x, int axis, bool keepdim) {
  return arg_extremum(ArgReduceOp::argmin, "argmin", x, axis, keepdim);
}
MaxAlong max_along(const Tensor& x, int axis, bool keepdim) {
  return extremum_along(ArgReduceOp::argmax, "max_along", x, axis, keepdim);
}
MaxAlong min_along(const Tensor& x, int axis, bool keepdim) {
  return extremum_along(ArgReduceOp::argmin, "min_along", x, axis, keepdim);
}

// Element j contributes to every i >= j: the gradient is the cumulative sum from the other end.
Tensor cumsum(const Tensor& x, int axis, const CumsumOptions& options) {
  check_input("cumsum", "x", x, Accepts::number);
  const int a = normalize_axis(axis, x.rank(), "cumsum");
  Tensor out = detail::empty_like_layout(x, x.dtype());
  {
    const trace::Call call("cumsum");
    backend_for(x.device()).cumsum(View(out), ConstView(x), a, options.exclusive, options.reverse);
  }
  if (grad_needed({&x}))
    record(out, "cumsum", {&x}, [a, options](const Tensor& g) {
      return cumsum(g, a, {.exclusive = options.exclusive, .reverse = !options.reverse});
    });
  return out;
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  check_input("sum_to", "x", x, Accepts::number);
  if (x.shape() == shape) return x;
  check<ShapeError>(broadcasts_to(shape, x.shape()), "sum_to: {} is not a broadcast of shape {}", describe(x),
                    shape);
  Reduction r;
  r.out = shape;
  r.kept = Shape(Dims::filled(x.rank() - shape.rank(), 1));
  for (int64_t extent : shape) r.kept.push_back(extent);
  Tensor out = run_reduce(ReduceOp::sum, "sum_to", x, r);
  if (grad_needed({&x}))
    record(out, "sum_to", {&x}, [to = x.shape()](const Tensor& g) { return expand(g, to); });
  return out;
}

}  // namespace infograd
