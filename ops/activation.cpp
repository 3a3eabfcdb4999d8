#include <infograd/autograd/grad_mode.h>
#include <infograd/backends/registry.h>
#include <infograd/core/check.h>
#include <infograd/ops/activation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/layout.h>

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

Tensor activation_grad(Activation activation, const Tensor& g, const Tensor& y) {
  if (activation == Activation::none) return g;
  const UnaryOp op = unary_of(activation);
  if (grad_enabled()) return composed_grad(activation, g, y);
  Tensor dx = empty_in_layout_of(y);
  // relu, tanh and sigmoid differentiate through y; relu may look at x instead, and x > 0 exactly where y >
  // 0.
  backend_for(y.device()).unary_grad(op, View(dx), ConstView(g), ConstView(y), ConstView(y), 0, 0);
  return dx;
}

}  // namespace infograd
