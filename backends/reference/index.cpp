// Gather, scatter-add, and their forms with one index per row. Indices are already checked.
#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/integers.h>
#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

using namespace reference;

namespace {

/// The strides of an index [n] as seen from every element of a view: only `axis` moves it.
Strides along(const ConstView& index, int axis, int rank) {
  Strides strides(Dims::filled(rank, 0));
  strides[axis] = index.strides[0];
  return strides;
}

/// Strides of the indexed operand: `axis` is moved by the index, not by the loop.
Strides still(Strides strides, int axis) {
  strides[axis] = 0;
  return strides;
}

/// Moves x[.., index, ..] to out[.., i, ..] for every element of out.
void take(const View& out, const ConstView& x, const ConstView& index, const Strides& index_strides,
          int axis) {
  visit_dtype(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each<3>(out.shape, {out.strides, still(x.strides, axis), index_strides},
                [&](int64_t o, int64_t i, int64_t j) {
                  out.as<T>()[o] = x.as<T>()[i + index.as<int64_t>()[j] * x.strides[axis]];
                });
  });
}

/// Adds src[.., i, ..] to out[.., index, ..] for every element of src, in row-major order; each sum is
/// rounded to T.
void put(const View& out, const ConstView& index, const ConstView& src, const Strides& index_strides,
         int axis) {
  visit_dtype(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> out_of(out), src_of(src);
    for_each<3>(src.shape, {still(out.strides, axis), src.strides, index_strides},
                [&](int64_t o, int64_t i, int64_t j) {
                  const int64_t target = o + index.as<int64_t>()[j] * out.strides[axis];
                  if constexpr (is_floating_v<T>)
                    out_of.set_at(target, out_of.at(target) + src_of.at(i));
                  else
                    out_of.set_at(target, wrapping_add(out_of.at(target), src_of.at(i)));
                });
  });
}

}  // namespace

void ReferenceBackend::gather(View out, ConstView x, ConstView index, int axis) {
  take(out, x, index, index.strides, axis);
}

void ReferenceBackend::index_select(View out, ConstView x, ConstView index, int axis) {
  take(out, x, index, along(index, axis, out.rank()), axis);
}

void ReferenceBackend::scatter_add(View out, ConstView index, ConstView src, int axis) {
  put(out, index, src, index.strides, axis);
}

void ReferenceBackend::index_add(View out, ConstView index, ConstView src, int axis) {
  put(out, index, src, along(index, axis, out.rank()), axis);
}

}  // namespace infograd
