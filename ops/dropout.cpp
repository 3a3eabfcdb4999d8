// Dropout whose mask is never stored.
#include <infograd/ops/layout.h>
#include <infograd/ops/norm.h>
#include <infograd/ops/support.h>

namespace infograd {
namespace {

/// Linear in x, so its gradient is itself with the same key: the mask is drawn again instead of stored.
Tensor dropout_with(const Tensor& x, double p, PhiloxKey key) {
  Tensor y = detail::empty_like_layout(x, x.dtype());
  {
    const trace::Call call("dropout");
    backend_for(x.device()).dropout(View(y), ConstView(x), p, key);
  }
  if (grad_needed({&x})) {
    record(y, "dropout", {&x}, [p, key](const Tensor& g) { return dropout_with(g, p, key); });
  }
  return y;
}

}  // namespace

Tensor dropout(const Tensor& x, double p, bool training, Generator& generator) {
  check_floating("dropout", "x", x);
  check<ValueError>(p >= 0 && p <= 1,
                    "dropout: p = {} is no probability; it is the share that is zeroed, in [0, 1]", p);
  if (!training || p == 0) return x;
  return dropout_with(x, p, generator.take(x.numel()));
}

}  // namespace infograd
