// The autograd half of Tensor.
#include <infograd/autograd/engine.h>
#include <infograd/autograd/meta.h>
#include <infograd/core/check.h>

namespace infograd {

bool Tensor::requires_grad() const {
  const TensorMeta* meta = TensorMeta::find(*this);
  return meta != nullptr && (meta->requires_grad || meta->node);
}

Tensor& Tensor::set_requires_grad(bool on) {
  check<ValueError>(
      is_leaf(), "set_requires_grad: {} was computed by `{}`; only leaves can be switched, detach() it first",
      describe(*this), is_leaf() ? "" : TensorMeta::find(*this)->node->name);
  check<DTypeError>(!on || is_floating(dtype()),
                    "set_requires_grad: {} cannot have a gradient; only floating dtypes can",
                    describe(*this));
  if (on || TensorMeta::find(*this) != nullptr) TensorMeta::of(*this).requires_grad = on;
  return *this;
}

bool Tensor::is_leaf() const {
  const TensorMeta* meta = TensorMeta::find(*this);
  return meta == nullptr || !meta->node;
}

Tensor Tensor::grad() const {
  const TensorMeta* meta = TensorMeta::find(*this);
  return meta == nullptr ? Tensor() : meta->grad;
}

void Tensor::set_grad(Tensor grad) {
  if (grad.defined()) {
    check<ShapeError>(grad.shape() == shape(),
                      "set_grad: the gradient {} must have the shape of the tensor {}", describe(grad),
                      describe(*this));
    check_same("set_grad", grad, *this);
  }
  TensorMeta::of(*this).grad = std::move(grad);
}

void Tensor::zero_grad() {
  if (TensorMeta* meta = TensorMeta::find(*this); meta != nullptr) meta->grad = Tensor();
}

void Tensor::backward(const Tensor& seed, bool retain_graph, bool create_graph) const {
  infograd::backward(*this, seed, retain_graph, create_graph);
}

}  // namespace infograd
