#include <infograd/losses/reduction.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses {

Tensor reduced(const Tensor& x, Reduction reduction) {
  if (reduction == Reduction::none) return x;
  return reduction == Reduction::mean && x.numel() > 0 ? mean(x) : sum(x);
}

}  // namespace infograd::losses
