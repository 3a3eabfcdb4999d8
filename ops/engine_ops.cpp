// What the autograd engine asks of the ops above it. It has already validated its arguments.
#include <infograd/autograd/engine.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/support.h>

namespace infograd::detail {

Tensor engine_add(const Tensor& a, const Tensor& b) {
  return add(a, b);
}

void engine_add_into(Tensor& accumulator, const Tensor& grad) {
  backend_for(accumulator.device())
      .binary(BinaryOp::add, View(accumulator), ConstView(accumulator),
              ConstView::broadcast(grad, accumulator.shape()), 1);
}

Tensor engine_sum_to(const Tensor& grad, const Shape& shape) {
  return sum_to(grad, shape);
}

Tensor engine_ones_like(const Tensor& out) {
  return ones_like(out);
}

int64_t engine_first_nonfinite(const Tensor& tensor) {
  if (!is_floating(tensor.dtype()) || tensor.numel() == 0) return -1;
  const NoGrad constant;
  const Tensor finite = isfinite(tensor);
  if (all(finite).item<bool>()) return -1;
  return argmin(flatten(finite).to(DType::i64)).item<int64_t>();
}

}  // namespace infograd::detail
