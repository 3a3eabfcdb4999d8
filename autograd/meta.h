// Private to autograd: what hangs on a TensorImpl.
#pragma once

#include <infograd/autograd/node.h>
#include <infograd/core/tensor.h>

namespace infograd {

class TensorMeta final : public AutogradMeta {
 public:
  bool requires_grad = false;  ///< of a leaf; a recorded tensor requires a gradient by having a node
  Tensor grad;
  Ref<Node> node;

  static TensorMeta* find(const Tensor& tensor) {
    return static_cast<TensorMeta*>(tensor.impl().autograd.get());
  }
  static TensorMeta& of(const Tensor& tensor) {
    auto& slot = tensor.impl().autograd;
    if (!slot) slot = std::make_unique<TensorMeta>();
    return static_cast<TensorMeta&>(*slot);
  }
};

}  // namespace infograd
