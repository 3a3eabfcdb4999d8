#include <infograd/core/check.h>
#include <infograd/losses/regression/mse.h>
#include <infograd/ops/elementwise.h>

namespace infograd::losses {

Tensor mse(const Tensor& prediction, const Tensor& target, const MseOptions& options) {
  check_same("mse", prediction, target);
  check_floating("mse", "prediction", prediction);
  check<ShapeError>(
      prediction.shape() == target.shape(),
      "mse: prediction {} and target {}: the shapes must be equal; usually one of them lacks a unsqueeze "
      "or has an axis of extent 1 too many",
      describe(prediction), describe(target));
  return reduced(square(prediction - target), options.reduction);
}

}  // namespace infograd::losses
