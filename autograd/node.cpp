#include <infograd/autograd/meta.h>
#include <infograd/autograd/node.h>

namespace infograd {

namespace {
thread_local Node* dead_list = nullptr;
thread_local bool deleting = false;
}  // namespace

Node::~Node() = default;

// A node owns its inputs, which own theirs, also through saved tensors: deleting a chain of a million nodes
// directly would recurse a million deep. Here the first dying node runs the loop and all others only join the
// list.
void Node::destroy() noexcept {
  next_dead_ = dead_list;
  dead_list = this;
  if (deleting) return;
  deleting = true;
  while (dead_list != nullptr) {
    Node* node = dead_list;
    dead_list = node->next_dead_;
    delete node;
  }
  deleting = false;
}

void Node::add_input(const Tensor& input) {
  Edge edge;
  if (input.defined()) {
    if (const TensorMeta* meta = TensorMeta::find(input); meta != nullptr) {
      if (meta->node)
        edge.node = meta->node;
      else if (meta->requires_grad)
        edge.leaf = input;
    }
  }
  if (edge) needs_.set(input_count_);
  if (input_count_ < kInline)
    inline_[input_count_] = std::move(edge);
  else
    heap_.push_back(std::move(edge));
  ++input_count_;
}

}  // namespace infograd
