#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/loops.h>
#include <infograd/backends/element.h>

namespace infograd {
void CpuBackend::where(View out, ConstView condition, ConstView a, ConstView b) {
  const auto loop = collapse<4>(out.shape, {&out.strides, &condition.strides, &a.strides, &b.strides});
  const int64_t so = loop.inner_stride(0), sc = loop.inner_stride(1), sa = loop.inner_stride(2),
                sb = loop.inner_stride(3);
  visit_width(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    parallel_runs(loop, [&](const auto& offset, int64_t n) {
      T* const o = out.as<T>() + offset[0];
      const uint8_t* const c = condition.as<uint8_t>() + offset[1];
      const T *const pa = a.as<T>() + offset[2], *const pb = b.as<T>() + offset[3];
      if (so == 1 && sc == 1 && sa == 1 && sb == 1) {
        for (int64_t i = 0; i < n; ++i) o[i] = c[i] != 0 ? pa[i] : pb[i];
      } else if (so == 1 && sc == 1 && sa == 1 && sb == 0) {
        const T other = *pb;
        for (int64_t i = 0; i < n; ++i) o[i] = c[i] != 0 ? pa[i] : other;
      } else {
        for (int64_t i = 0; i < n; ++i) o[i * so] = c[i * sc] != 0 ? pa[i * sa] : pb[i * sb];
      }
    });
  });
}

void CpuBackend::fill(View out, double value) {
  visit_dtype(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T v = convert<T>(value);
    const auto loop = collapse<1>(out.shape, {&out.strides});
    const int64_t stride = loop.inner_stride(0);
    parallel_runs(loop, [&](const auto& offset, int64_t n) {
      T* const o = out.as<T>() + offset[0];
      if (stride == 1) {
        std::fill_n(o, n, v);
      } else {
        for (int64_t i = 0; i < n; ++i) o[i * stride] = v;
      }
    });
  });
}

}  // namespace infograd
