// Views and rearrangements. A view is another geometry over the same storage; its gradient is the opposite
// rearrangement.
#include <algorithm>
#include <utility>

#include <infograd/core/checked_numel.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/index.h>
#include <infograd/ops/layout.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/support.h>

namespace infograd {

using detail::Accepts;
using detail::check_input;

namespace {

Tensor view_of(const Tensor& x, const Shape& shape, const Strides& strides, int64_t shift = 0) {
  return make_view(x, shape, strides, x.impl().offset + shift);
}

// A view whose gradient only needs the old shape back: no value moves, so reshape does it.
Tensor reshaped_view(std::string_view name, const Tensor& x, const Shape& shape, const Strides& strides) {
  Tensor out = view_of(x, shape, strides);
  if (grad_needed({&x}))
    record(out, name, {&x}, [old = x.shape()](const Tensor& g) { return reshape(g, old); });
  return out;
}

Shape resolve_extent(const Tensor& x, const Shape& shape) {
  int unknown = -1;
  Shape result = shape;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] != -1) continue;
    check<ShapeError>(unknown < 0, "reshape: more than one extent of {} is -1; only one can be inferred",
                      shape);
    unknown = i;
    result[i] = 1;
  }
  const int64_t known = checked_numel(result, "reshape");
  if (unknown >= 0) {
    check<ShapeError>(known > 0 && x.numel() % known == 0,
                      "reshape: {} has {} elements, which fills no shape {} (the -1 cannot be inferred)",
                      describe(x), x.numel(), shape);
    result[unknown] = x.numel() / known;
  }
  check<ShapeError>(result.numel() == x.numel(), "reshape: {} has {} elements, shape {} has {}", describe(x),
                    x.numel(), shape, result.numel());
  return result;
}

// Strides that show x as `shape` without moving values: the old axes that one run of new axes covers must lie
// behind each other in memory. Returns false when they do not.
bool view_strides(const Tensor& x, const Shape& shape, Strides& strides) {
  if (x.is_contiguous()) {
    strides = contiguous_strides(shape);
    return true;
  }
  strides = Strides(Dims::filled(shape.rank(), 0));
  int to = shape.rank() - 1;
  int64_t run = 1;      // elements of the old run collected so far
  int64_t covered = 1;  // elements of the new axes laid over it
  int64_t base = 1;     // stride of the innermost old axis of the run
  bool open = false;
  int64_t expected = 0;
  for (int from = x.rank() - 1; from >= 0; --from) {
    const int64_t extent = x.shape()[from];
    if (extent == 1) continue;
    if (open && x.strides()[from] != expected) {
      if (covered != run) return false;
      open = false;
    }
    if (!open) {
      base = x.strides()[from];
      run = covered = 1;
      open = true;
    }
    run *= extent;
    expected = x.strides()[from] * extent;
    for (; to >= 0 && covered * shape[to] <= run; --to) {
      if (run % (covered * shape[to]) != 0) return false;
      strides[to] = base * covered;
      covered *= shape[to];
    }
  }
  for (; to >= 0; --to) {  // leading axes of extent 1 are all that can be left
    if (shape[to] != 1) return false;
    strides[to] = base * covered;
  }
  return covered == run;
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
  check_defined("reshape", "x", x);
  if (x.shape() == shape) return x;
  const Shape resolved = resolve_extent(x, shape);
  Strides strides;
  if (view_strides(x, resolved, strides)) return reshaped_view("reshape", x, resolved, strides);
  return reshape(x.contiguous(), resolved);
}

Tensor flatten(const Tensor& x, int first, int last) {
  check_defined("flatten", "x", x);
  if (x.rank() == 0) return reshape(x, {1});
  const int begin = normalize_axis(first, x.rank(), "flatten");
  const int end = normalize_axis(last, x.rank(), "flatten");
  check<ShapeError>(begin <= end, "flatten: first axis {} comes after last axis {} in {}", first, last,
                    describe(x));
  Shape shape;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis <= begin || axis > end)
      shape.push_back(x.shape()[axis]);
    else
      shape[begin] *= x.shape()[axis];
  }
  return reshape(x, shape);
}

Tensor transpose(const Tensor& x, int axis_a, int axis_b) {
  check_defined("transpose", "x", x);
  const int a = normalize_axis(axis_a, x.rank(), "transpose");
  const int b = normalize_axis(axis_b, x.rank(), "transpose");
  Shape shape = x.shape();
  Strides strides = x.strides();
  std::swap(shape[a], shape[b]);
  std::swap(strides[a], strides[b]);
  Tensor out = view_of(x, shape, strides);
  if (grad_needed({&x}))
    record(out, "transpose", {&x}, [a, b](const Tensor& g) { return transpose(g, a, b); });
  return out;
}

Tensor permute(const Tensor& x, const Axes& axes) {
  check_defined("permute", "x", x);
  check<ShapeError>(axes.size() == x.rank(), "permute: {} axes given for {} of rank {}; name each axis once",
                    axes.size(), describe(x), x.rank());
  Shape shape = x.shape();
  Strides strides = x.strides();
  std::array<int, kMaxRank> source{};
  source.fill(-1);
  for (int i = 0; i < axes.size(); ++i) {
    const int axis = normalize_axis(axes[i], x.rank(), "permute");
    check<ShapeError>(source[static_cast<size_t>(axis)] < 0, "permute: axis {} is named twice for {}",
                      axes[i], describe(x));
    source[static_cast<size_t>(axis)] = i;
    shape[i] = x.shape()[axis];
    strides[i] = x.strides()[axis];
  }
  Tensor out = view_of(x, shape, strides);
  if (grad_needed({&x})) {
    Axes inverse;
    for (int i = 0; i < axes.size(); ++i) inverse.push_back(source[static_cast<size_t>(i)]);
    record(out, "permute", {&x}, [inverse](const Tensor& g) { return permute(g, inverse); });
  }
  return out;
}

Tensor squeeze(const Tensor& x, std::optional<int> axis) {
  check_defined("squeeze", "x", x);
  Shape shape;
  Strides strides;
  const int only = axis ? normalize_axis(*axis, x.rank(), "squeeze") : -1;
  check<ShapeError>(!axis || x.shape()[only] == 1,
                    "squeeze: axis {} of {} has extent {}, only extent 1 can be dropped", axis.value_or(0),
                    describe(x), axis ? x.shape()[only] : 1);
  for (int i = 0; i < x.rank(); ++i) {
    if (axis ? i == only : x.shape()[i] == 1) continue;
    shape.push_back(x.shape()[i]);
    strides.push_back(x.strides()[i]);
  }
  return reshaped_view("squeeze", x, shape, strides);
}

Tensor unsqueeze(const Tensor& x, int axis) {
  check_defined("unsqueeze", "x", x);
  check<ShapeError>(x.rank() < kMaxRank, "unsqueeze: {} already has the largest rank, {}", describe(x),
                    kMaxRank);
  const int at = normalize_axis(axis, x.rank() + 1, "unsqueeze");
  Shape shape = x.shape();
  Strides strides = x.strides();
  strides.insert(at, at < x.rank() ? x.strides()[at] * x.shape()[at] : 1);
  shape.insert(at, 1);
  return reshaped_view("unsqueeze", x, shape, strides);
}

// The gradient has the expanded shape; the engine sums it.
Tensor expand(const Tensor& x, const Shape& shape) {
  check_defined("expand", "x", x);
  Shape target = shape;
  const int added = shape.rank() - x.rank();
  for (int i = std::max(added, 0); i < shape.rank(); ++i)
    if (shape[i] == -1) target[i] = x.shape()[i - added];
  if (x.shape() == target) return x;
  checked_numel(target, "expand");
  check<ShapeError>(
      broadcasts_to(x.shape(), target),
      "expand: {} does not broadcast to {}; only axes of extent 1 and new leading axes can grow", describe(x),
      shape);
  Tensor out = view_of(x, target, broadcast_strides(x.shape(), x.strides(), target));
  if (grad_needed({&x})) record(out, "expand", {&x}, [](const Tensor& g) { return g; });
  return out;
}

Tensor slice(const Tensor& x, int axis, int64_t start, std::optional<int64_t> stop, int64_t step) {
  check_defined("slice", "x", x);
  check<ValueError>(step != 0, "slice: step is 0 for {}", describe(x));
  const int a = normalize_axis(axis, x.rank(), "slice");
  const int64_t n = x.shape()[a];
  if (step < 0) {  // a copy: strides stay non-negative everywhere
    const int64_t first = std::clamp<int64_t>(start < 0 ? start + n : start, -1, n - 1);
    const int64_t end = !stop ? -1 : std::clamp<int64_t>(*stop < 0 ? *stop + n : *stop, -1, n - 1);
    return index_select(x, a,
                        arange(static_cast<double>(first), static_cast<double>(end),
                               static_cast<double>(step), DType::i64, x.device()));
  }
  const int64_t first = std::clamp<int64_t>(start < 0 ? start + n : start, 0, n);
  const int64_t end = !stop ? n : std::clamp<int64_t>(*stop < 0 ? *stop + n : *stop, 0, n);
  const int64_t length = end - first;
  Shape shape = x.shape();
  Strides strides = x.strides();
  shape[a] = length > 0 ? (length - 1) / step + 1 : 0;
  if (shape[a] > 1) strides[a] *= step;  // a step past the end must not overflow
  Tensor out = view_of(x, shape, strides, shape[a] > 0 ? first * x.strides()[a] : 0);
  if (grad_needed({&x}))
    record(out, "slice", {&x}, [a, first, step, old = x.shape()](const Tensor& g) {
      return detail::embed(g, old, a, first, step);
    });
  return out;
}

Tensor select(const Tensor& x, int axis, int64_t index) {
  check_defined("select", "x", x);
  const int a = normalize_axis(axis, x.rank(), "select");
  const int64_t n = x.shape()[a];
  check<ValueError>(index >= -n && index < n, "select: index {} is outside axis {} of {}", index, axis,
                    describe(x));
  const int64_t at = index < 0 ? index + n : index;
  Shape shape = x.shape();
  Strides strides = x.strides();
  shape.erase(a);
  strides.erase(a);
  Tensor out = view_of(x, shape, strides, at * x.strides()[a]);
  if (grad_needed({&x}))
    record(out, "select", {&x}, [a, at, old = x.shape()](const Tensor& g) {
      return detail::embed(unsqueeze(g, a), old, a, at, 1);
    });
  return out;
}

namespace detail {

Tensor embed(const Tensor& src, const Shape& shape, int axis, int64_t start, int64_t step) {
  Tensor out = zeros(shape, src.dtype(), src.device());
  Strides strides = out.strides();
  const int64_t first = src.shape()[axis] > 0 ? start * strides[axis] : 0;
  if (src.shape()[axis] > 1) strides[axis] *= step;
  {
    const Tensor place = make_view(out, src.shape(), strides, first);
    const trace::Call call("embed");
    backend_for(out.device()).copy(View(place), ConstView(src));
  }
  if (grad_needed({&src}))
    record(out, "embed", {&src}, [axis, start, step, n = src.shape()[axis]](const Tensor& g) {
      return slice(g, axis, start, n > 0 ? start + (n - 1) * step + 1 : start, step);
    });
  return out;
}

}  // namespace detail

Tensor concat(const std::vector<Tensor>& tensors, int axis) {
  check<ValueError>(!tensors.empty(), "concat: the list of tensors is empty");
  const Tensor& head = tensors[0];
  check_defined("concat", "tensors[0]", head);
  const int a = normalize_axis(axis, head.rank(), "concat");
  Shape shape = head.shape();
  shape[a] = 0;
  for (const Tensor& t : tensors) {
    check_same("concat", head, t);
    bool fits = t.rank() == head.rank();
    for (int i = 0; fits && i < t.rank(); ++i) fits = i == a || t.shape()[i] == head.shape()[i];
    check<ShapeError>(fits, "concat: {} does not fit {}; all extents but that of axis {} must agree",
                      describe(t), describe(head), axis);
    shape[a] += t.shape()[a];
  }
  Tensor out = empty(shape, head.dtype(), head.device());
  {
    const trace::Call call("concat");
    Backend& backend = backend_for(out.device());
    int64_t at = 0;
    for (const Tensor& t : tensors) {
      const Tensor place = make_view(out, t.shape(), out.strides(), at * out.strides()[a]);
      backend.copy(View(place), ConstView(t));
      at += t.shape()[a];
    }
  }
  if (grad_needed(tensors)) {
    std::vector<int64_t> extents;
    extents.reserve(tensors.size());
    for (const Tensor& t : tensors) extents.push_back(t.shape()[a]);
    record(out, "concat", tensors, [a, extents = std::move(extents)](const Tensor& g, Needs needs) {
      Grads grads;
      int64_t at = 0;
      for (size_t i = 0; i < extents.size(); at += extents[i], ++i)
        grads.push_back(needs[i] ? slice(g, a, at, at + extents[i]) : Tensor());
      return grads;
    });
  }
  return out;
}

Tensor stack(const std::vector<Tensor>& tensors, int axis) {
  check<ValueError>(!tensors.empty(), "stack: the list of tensors is empty");
  std::vector<Tensor> rows;
  rows.reserve(tensors.size());
  for (const Tensor& t : tensors) {
    check_same("stack", tensors[0], t);
    check<ShapeError>(t.shape() == tensors[0].shape(), "stack: {} and {} differ in shape; all must be equal",
                      describe(tensors[0]), describe(t));
    rows.push_back(unsqueeze(t, axis));
  }
  return concat(rows, axis);
}

Tensor to_channels_last(const Tensor& x) {
  check_defined("to_channels_last", "x", x);
  check<ShapeError>(x.rank() == 4, "to_channels_last: {} has rank {}, expected [B, C, H, W]", describe(x),
                    x.rank());
  const Shape& s = x.shape();
  const Strides strides = channels_last_strides(s);
  if (x.strides() == strides) return x;
  Tensor out = empty_strided(s, strides, x.dtype(), x.device());
  {
    const trace::Call call("to_channels_last");
    backend_for(x.device()).copy(View(out), ConstView(x));
  }
  if (grad_needed({&x})) record(out, "to_channels_last", {&x}, [](const Tensor& g) { return g; });
  return out;
}

}  // namespace infograd
