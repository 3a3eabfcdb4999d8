#include <fmt/core.h>

#include <infograd/autograd/anomaly.h>
#include <infograd/autograd/engine.h>
#include <infograd/core/check.h>

namespace infograd {

namespace {
thread_local bool anomaly = false;
}  // namespace

AnomalyMode::AnomalyMode() : before_(anomaly) {
  anomaly = true;
}
AnomalyMode::~AnomalyMode() {
  anomaly = before_;
}
bool AnomalyMode::enabled() {
  return anomaly;
}

const Tensor& check_finite(const Tensor& x, std::string_view what) {
  check_defined("check_finite", what, x);
  if (!is_floating(x.dtype())) return x;
  const int64_t first = detail::engine_first_nonfinite(x);
  if (first < 0) return x;
  Shape index(Dims::filled(x.rank(), 0));
  int64_t rest = first;
  for (int axis = x.rank() - 1; axis >= 0; --axis) {
    index[axis] = rest % x.shape()[axis];
    rest /= x.shape()[axis];
  }
  throw ValueError(fmt::format("not finite: {} on {} has a NaN or infinity, first at index {} ({})",
                               describe(x), to_string(x.device()), to_string(index), what));
}

}  // namespace infograd
