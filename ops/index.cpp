// Indexing by tensors. Reading (gather, index_select) and adding (scatter_add, index_add) are each other's
// gradient.
#include <infograd/backends/late_checks.h>
#include <infograd/ops/constant.h>
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

// Indices in 0..n-1 for the kernels: checks the range, then adds n to negative ones.
Tensor normalized(std::string_view op, const Tensor& index, int64_t n) {
  if (index.numel() == 0) return index;
  const NoGrad constant;
  if (!index.device().is_cpu()) {  // nobody waits: what is wrong is reported later
    const Tensor out = empty(index.shape(), DType::i64, index.device());
    late::check_indices({.op = op, .lowest = -n, .highest = n - 1, .wrap = n}, View(out), ConstView(index),
                        index.device());
    return out;
  }
  const int64_t lowest = min(index).item<int64_t>();
  const int64_t highest = max(index).item<int64_t>();
  check<ValueError>(lowest >= -n && highest < n,
                    "{}: index {} is outside an axis of extent {} (valid: {} to {})", op,
                    lowest < -n ? lowest : highest, n, -n, n - 1);
  return lowest >= 0 ? index : where(lt(index, 0), index + static_cast<double>(n), index);
}

void check_index(std::string_view op, const Tensor& x, const Tensor& index) {
  check_input(op, "x", x, Accepts::any);
  check_input(op, "index", index, Accepts::index);
  detail::check_same_device(op, x, index);
}

// The four below take indices that are already normalized.

Tensor scatter_add(const Tensor& src, const Shape& shape, int axis, const Tensor& index);
Tensor index_add(const Tensor& src, const Shape& shape, int axis, const Tensor& index);

Tensor gather_at(const Tensor& x, int axis, const Tensor& index) {
  Tensor out = empty(index.shape(), x.dtype(), x.device());
  {
    const trace::Call call("gather");
    backend_for(x.device()).gather(View(out), ConstView(x), ConstView(index), axis);
  }
  if (grad_needed({&x}))
    record(out, "gather", {&x}, [axis, shape = x.shape(), saved = Saved(index)](const Tensor& g) {
      return scatter_add(g, shape, axis, saved.get());
    });
  return out;
}

Tensor scatter_add(const Tensor& src, const Shape& shape, int axis, const Tensor& index) {
  Tensor out = zeros(shape, src.dtype(), src.device());
  {
    const trace::Call call("scatter_add");
    backend_for(src.device()).scatter_add(View(out), ConstView(index), ConstView(src), axis);
  }
  if (grad_needed({&src}))
    record(out, "scatter_add", {&src},
           [axis, saved = Saved(index)](const Tensor& g) { return gather_at(g, axis, saved.get()); });
  return out;
}

Tensor select_at(const Tensor& x, int axis, const Tensor& index) {
  Shape shape = x.shape();
  shape[axis] = index.numel();
  Tensor out = empty(shape, x.dtype(), x.device());
  {
    const trace::Call call("index_select");
    backend_for(x.device()).index_select(View(out), ConstView(x), ConstView(index), axis);
  }
  if (grad_needed({&x}))
    record(out, "index_select", {&x}, [axis, old = x.shape(), saved = Saved(index)](const Tensor& g) {
      return index_add(g, old, axis, saved.get());
    });
  return out;
}

Tensor index_add(const Tensor& src, const Shape& shape, int axis, const Tensor& index) {
  Tensor out = zeros(shape, src.dtype(), src.device());
  {
    const trace::Call call("index_add");
    backend_for(src.device()).index_add(View(out), ConstView(index), ConstView(src), axis);
  }
  if (grad_needed({&src}))
    record(out, "index_add", {&src},
           [axis, saved = Saved(index)](const Tensor& g) { return select_at(g, axis, saved.get()); });
  return out;
}

}  // namespace

Tensor gather(const Tensor& x, int axis, const Tensor& index) {
  check_index("gather", x, index);
  const int a = normalize_axis(axis, x.rank(), "gather");
  bool fits = index.rank() == x.rank();
  for (int i = 0; fits && i < x.rank(); ++i) fits = i == a || index.shape()[i] <= x.shape()[i];
  check<ShapeError>(
      fits, "gather: index {} does not fit x {}; ranks must agree, and only axis {} may be longer than x's",
      describe(index), describe(x), axis);
  return gather_at(x, a, normalized("gather", index, x.shape()[a]));
}

Tensor index_select(const Tensor& x, int axis, const Tensor& index) {
  check_index("index_select", x, index);
  const int a = normalize_axis(axis, x.rank(), "index_select");
  check<ShapeError>(index.rank() == 1, "index_select: index is {}, expected one axis [n]", describe(index));
  return select_at(x, a, normalized("index_select", index, x.shape()[a]));
}

// Compares every index with 0..classes-1. An index out of range equals none of them: an all-off row.
Tensor one_hot(const Tensor& index, int64_t classes, DType dtype, OutOfRange out_of_range) {
  check_input("one_hot", "index", index, Accepts::index);
  check<ValueError>(classes > 0, "one_hot: classes is {}, expected at least 1", classes);
  const Tensor positive = out_of_range == OutOfRange::raise
                              ? normalized("one_hot", index, classes)
                              : where(lt(index, 0), index + static_cast<double>(classes), index);
  return eq(unsqueeze(positive, -1), detail::constant_to(arange(classes), index.device())).to(dtype);
}

TopK topk(const Tensor& x, int64_t k, int axis, bool largest) {
  check_input("topk", "x", x, Accepts::number);
  const int a = normalize_axis(axis, x.rank(), "topk");
  check<ValueError>(k >= 0 && k <= x.shape()[a], "topk: k is {}, but axis {} of {} has {} elements", k, axis,
                    describe(x), x.shape()[a]);
  Shape shape = x.shape();
  shape[a] = k;
  TopK out{empty(shape, x.dtype(), x.device()), empty(shape, DType::i64, x.device())};
  {
    const trace::Call call("topk");
    backend_for(x.device()).topk(View(out.values), View(out.indices), ConstView(x), a, largest);
  }
  if (grad_needed({&x}))
    record(out.values, "topk", {&x}, [a, old = x.shape(), saved = Saved(out.indices)](const Tensor& g) {
      return scatter_add(g, old, a, saved.get());
    });
  return out;
}

}  // namespace infograd
