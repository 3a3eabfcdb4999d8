// record(): how an op, ours or a user's, joins the graph. See examples/custom_op.cpp.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <infograd/autograd/grad_mode.h>
#include <infograd/autograd/grads.h>
#include <infograd/autograd/node.h>
#include <infograd/autograd/saved.h>
#include <infograd/core/tensor.h>

namespace infograd {

/// True when grad mode is on and any of the tensors (undefined ones are ignored) requires a gradient.
INFOGRAD_API bool grad_needed(std::initializer_list<const Tensor*> inputs);
INFOGRAD_API bool grad_needed(std::span<const Tensor> inputs);

enum class SecondOrder : bool { no = false, yes = true };

namespace detail {

template <class F>
class FunctionNode final : public Node {
 public:
  explicit FunctionNode(F f) : function_(std::move(f)) {}
  Grads backward(const Tensor& grad_out, Needs needs) override {
    if constexpr (std::is_invocable_v<F&, const Tensor&, Needs>)
      return Grads((*function_)(grad_out, needs));
    else
      return Grads((*function_)(grad_out));
  }
  void release_saved() override { function_.reset(); }

 private:
  std::optional<F> function_;
};

INFOGRAD_API void attach(Tensor& out, std::string_view op, const Ref<Node>& node, SecondOrder second_order);

}  // namespace detail

/// Makes `out` (fresh, not yet in a graph) the recorded result of `op` on `in`. `backward` maps the gradient
/// of `out` to one gradient per input, in order: Grads f(const Tensor& g) or Grads f(const Tensor& g, Needs
/// needs). It returns, never mutates; a gradient may have the broadcast shape, the engine sums it. `op` must
/// outlive the graph (a literal). Call only when grad_needed(in). With SecondOrder::no the backward uses
/// kernels that are not differentiable.
template <class F>
void record(Tensor& out, std::string_view op, std::initializer_list<const Tensor*> in, F backward,
            SecondOrder second_order = SecondOrder::yes) {
  Ref<Node> node(new detail::FunctionNode<F>(std::move(backward)));
  for (const Tensor* tensor : in) node->add_input(*tensor);
  detail::attach(out, op, node, second_order);
}
/// The same for a list whose length is known at run time (concat, stack).
template <class F>
void record(Tensor& out, std::string_view op, std::span<const Tensor> in, F backward,
            SecondOrder second_order = SecondOrder::yes) {
  Ref<Node> node(new detail::FunctionNode<F>(std::move(backward)));
  for (const Tensor& tensor : in) node->add_input(tensor);
  detail::attach(out, op, node, second_order);
}

}  // namespace infograd
