// Moving values: where, fill, copy with conversion.
#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

using reference::for_each;

void ReferenceBackend::where(View out, ConstView condition, ConstView a, ConstView b) {
  visit_dtype(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each<4>(out.shape, {out.strides, condition.strides, a.strides, b.strides},
                [&](int64_t o, int64_t c, int64_t i, int64_t j) {
                  out.as<T>()[o] = condition.as<bool>()[c] ? a.as<T>()[i] : b.as<T>()[j];
                });
  });
}

void ReferenceBackend::fill(View out, double value) {
  visit_dtype(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each<1>(out.shape, {out.strides}, [&](int64_t o) { out.as<T>()[o] = convert<T>(value); });
  });
}

void ReferenceBackend::copy(View out, ConstView x) {
  visit_dtype(out.dtype, [&](auto to_zero) {
    visit_dtype(x.dtype, [&](auto from_zero) {
      using To = decltype(to_zero);
      using From = decltype(from_zero);
      for_each<2>(out.shape, {out.strides, x.strides},
                  [&](int64_t o, int64_t i) { out.as<To>()[o] = convert<To>(x.as<From>()[i]); });
    });
  });
}

}  // namespace infograd
