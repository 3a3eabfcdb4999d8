// Private: where f32 and f64 are all that there is, as in linear algebra.
#pragma once

#include <infograd/core/dtype.h>

namespace infograd {

/// f(T{}) with float or double.
template <class F>
decltype(auto) visit_real(DType dtype, F&& f) {
  return dtype == DType::f64 ? f(double{}) : f(float{});
}

}  // namespace infograd
