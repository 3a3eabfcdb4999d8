#include <fmt/core.h>

#include <infograd/autograd/grad_mode.h>
#include <infograd/autograd/meta.h>
#include <infograd/autograd/saved.h>
#include <infograd/core/check.h>

namespace infograd {

namespace {

void check_version(const Tensor& tensor, uint32_t saved) {
  if (tensor.version() == saved) [[likely]]
    return;
  const Node* node = current_node();
  throw ValueError(fmt::format(
      "backward of {}: a saved {} was written in place after the forward pass (version {}, saved at {}); "
      "use the out-of-place form, or clone() before writing",
      node == nullptr ? "?" : node->name, describe(tensor), tensor.version(), saved));
}

}  // namespace

Saved::Saved(const Tensor& tensor) : tensor_(tensor), version_(tensor.defined() ? tensor.version() : 0) {}

Tensor Saved::get() const {
  if (tensor_.defined()) check_version(tensor_, version_);
  return tensor_;
}

SavedOutput::SavedOutput(const Tensor& output) : detached_(output.detach()), version_(output.version()) {}

Tensor SavedOutput::get() const {
  check_version(detached_, version_);
  if (!grad_enabled() || current_node() == nullptr) return detached_;
  Tensor output = detached_.detach();
  TensorMeta::of(output).node = Ref<Node>(current_node());
  return output;
}

}  // namespace infograd
