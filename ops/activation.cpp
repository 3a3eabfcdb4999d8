// The fused activations: as ops, and their gradients found again from the result.
#include <infograd/ops/activation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/support.h>

namespace infograd {
namespace {

UnaryOp unary_of(Activation activation) {
  switch (activation) {
    case Activation::relu:
      return UnaryOp::relu;
    case Activation::tanh:
      return UnaryOp::tanh;
    case Activation::sigmoid:
      return UnaryOp::sigmoid;
    case Activation::gelu:
    case Activation::none:
      break;
  }
  fail<ValueError>("activation {} has no derivative in terms of its result", static_cast<int>(activation));
}

Tensor composed_grad(Activation activation, const Tensor& g, const Tensor& y) {
  if (activation == Activation::relu) return where(gt(y, 0), g, 0);
  if (activation == Activation::tanh) return g * (1 - square(y));
  return g * y * (1 - y);
}

}  // namespace

Tensor activate(Activation activation, const Tensor& x) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return relu(x);
    case Activation::gelu:
      return gelu(x);
    case Activation::tanh:
      return tanh(x);
    case Activation::sigmoid:
      return sigmoid(x);
  }
  return x;
}

bool derivative_from_result(Activation activation) {
  return activation != Activation::gelu;
}

Tensor FusedActivation::grad(const Tensor& g) const {
  if (kind_ == Activation::none) return g;
  const Tensor y = result_.get();
  return grad_enabled() ? composed_grad(kind_, g, y) : detail::run_unary_grad(unary_of(kind_), g, {}, y);
}

}  // namespace infograd
