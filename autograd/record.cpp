#include <atomic>

#include <fmt/core.h>

#include <infograd/autograd/anomaly.h>
#include <infograd/autograd/callstack.h>
#include <infograd/autograd/meta.h>
#include <infograd/autograd/record.h>

namespace infograd {

namespace {
std::atomic<uint64_t> next_sequence{1};
}  // namespace

bool grad_needed(std::initializer_list<const Tensor*> inputs) {
  if (!grad_enabled()) return false;
  for (const Tensor* input : inputs)
    if (input->defined() && input->requires_grad()) return true;
  return false;
}

bool grad_needed(std::span<const Tensor> inputs) {
  if (!grad_enabled()) return false;
  for (const Tensor& input : inputs)
    if (input.defined() && input.requires_grad()) return true;
  return false;
}

namespace detail {

void attach(Tensor& out, std::string_view op, const Ref<Node>& node, SecondOrder second_order) {
  node->name = op;
  node->sequence = next_sequence.fetch_add(1, std::memory_order_relaxed);
  node->out_shape = out.shape();
  node->out_dtype = out.dtype();
  node->out_device = out.device();
  node->second_order = second_order == SecondOrder::yes;
  TensorMeta::of(out).node = node;
  if (AnomalyMode::enabled()) [[unlikely]] {
    node->recorded_at = callstack();
    check_finite(out, fmt::format("forward value of `{}`, recorded at\n{}", op, node->recorded_at));
  }
}

}  // namespace detail
}  // namespace infograd
