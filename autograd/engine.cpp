// The engine. It counts how many recorded ops will send a gradient to each node, then runs the ready node
// with the largest sequence number (the latest recorded op) until none is left. No recursion; one
// deterministic order.
#include <algorithm>
#include <atomic>
#include <vector>

#include <fmt/core.h>

#include <infograd/autograd/anomaly.h>
#include <infograd/autograd/engine.h>
#include <infograd/autograd/grad_mode.h>
#include <infograd/autograd/meta.h>
#include <infograd/backends/registry.h>
#include <infograd/core/check.h>
#include <infograd/core/dense.h>

namespace infograd {

namespace {

std::atomic<uint64_t> next_run{1};
thread_local Node* running = nullptr;

struct RunningNode {
  explicit RunningNode(Node* node) : before(running) { running = node; }
  ~RunningNode() { running = before; }
  RunningNode(const RunningNode&) = delete;
  RunningNode& operator=(const RunningNode&) = delete;
  Node* before;
};

struct ModeScope {
  explicit ModeScope(bool on) : before(grad_enabled()) { set_grad_enabled(on); }
  ~ModeScope() { set_grad_enabled(before); }
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;
  bool before;
};

/// Nobody else can see the buffer, so it may be added into.
bool unshared(const Tensor& t) {
  return t.impl().use_count() == 1 && t.impl().storage->use_count() == 1;
}

bool same_layout(const Tensor& grad, const Tensor& leaf) {
  return (grad.is_contiguous() && leaf.is_contiguous()) ||
         (grad.strides() == leaf.strides() && is_dense(grad));
}

/// The work lists keep their capacity from one backward to the next; a nested backward starts with empty
/// ones.
struct WorkLists {
  std::vector<Node*> reached, ready;
};
thread_local WorkLists spare;

}  // namespace

Node* current_node() {
  return running;
}

class Engine {
 public:
  Engine(bool retain_graph, bool create_graph, const std::vector<Tensor>* captures)
      : retain_(retain_graph || create_graph),
        create_(create_graph),
        captures_(captures),
        run_(next_run.fetch_add(1)) {
    if (captures_ != nullptr) captured_.resize(captures_->size());
    std::swap(reached_, spare.reached);
    std::swap(ready_, spare.ready);
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() {
    reached_.clear();
    ready_.clear();
    std::swap(reached_, spare.reached);
    std::swap(ready_, spare.ready);
  }

  std::vector<Tensor> run(const Tensor& out, const Tensor& seed) {
    check_defined("backward", "out", out);
    check<ValueError>(out.requires_grad(),
                      "backward: {} does not require a gradient; no input had set_requires_grad(), or it was "
                      "computed under NoGrad",
                      describe(out));
    Tensor start = seed;
    if (!start.defined()) {
      check<ShapeError>(
          out.numel() == 1,
          "backward: {} has {} elements, so a seed gradient of its shape is needed; or reduce it "
          "to a scalar loss first",
          describe(out), out.numel());
      start = detail::engine_ones_like(out);
    }
    check<ShapeError>(start.shape() == out.shape(), "backward: the seed {} must have the shape of {}",
                      describe(start), describe(out));
    check_same("backward", start, out);

    const ModeScope mode(create_);
    const TensorMeta* meta = TensorMeta::find(out);
    capture(out, start);
    if (!meta->node) {
      if (captures_ == nullptr) accumulate_leaf(out, std::move(start));
      return std::move(captured_);
    }
    Node* root = meta->node.get();
    try {
      count_dependencies(root);
      root->pending_ = std::move(start);
      push(root);
      while (!ready_.empty()) step(pop());
    } catch (...) {
      forget();
      throw;
    }
    return std::move(captured_);
  }

 private:
  void visit(Node* node) {
    if (node->run_ == run_) return;
    node->run_ = run_;
    node->dependencies_ = 0;
    node->pending_ = Tensor();
    reached_.push_back(node);
  }

  // Breadth first over the graph behind `root`; node->run_ marks what was seen.
  void count_dependencies(Node* root) {
    visit(root);
    for (size_t i = 0; i < reached_.size(); ++i) {
      Node* node = reached_[i];
      if (node->released)
        throw ValueError(fmt::format(
            "backward of {}: the graph was already freed by an earlier backward; pass retain_graph = true "
            "there, or run the forward pass again",
            node->name));
      if (create_ && !node->second_order)
        throw NotImplemented(
            fmt::format("backward of {}: it has no second derivative, so create_graph cannot pass through it",
                        node->name));
      for (size_t k = 0; k < node->input_count(); ++k)
        if (Node* next = node->input(k).node.get(); next != nullptr) {
          visit(next);
          ++next->dependencies_;
        }
    }
  }

  void step(Node* node) {
    Tensor grad = std::move(node->pending_);
    node->pending_ = Tensor();
    if (grad.defined()) {
      capture_node(node, grad);
      Grads grads = [&] {
        const RunningNode scope(node);
        return node->backward(grad, node->needs());
      }();
      check<Error>(grads.size() == node->input_count(),
                   "backward of {}: it returned {} gradients for {} inputs", node->name, grads.size(),
                   node->input_count());
      grad = Tensor();
      for (size_t k = 0; k < node->input_count(); ++k)
        if (grads[k].defined()) send(*node, k, std::move(grads[k]));
    }
    // Nodes that got no gradient still count for those behind them.
    for (size_t k = 0; k < node->input_count(); ++k)
      if (Node* next = node->input(k).node.get(); next != nullptr && --next->dependencies_ == 0) push(next);
    if (!retain_) {
      node->release_saved();
      node->released = true;
    }
  }

  // The one place that validates a gradient and undoes broadcasting.
  void send(Node& from, size_t k, Tensor grad) {
    const Edge& edge = from.input(k);
    if (!edge) return;
    const Shape& shape = edge.node ? edge.node->out_shape : edge.leaf.shape();
    const DType dtype = edge.node ? edge.node->out_dtype : edge.leaf.dtype();
    const Device device = edge.node ? edge.node->out_device : edge.leaf.device();
    if (grad.dtype() != dtype || !(grad.device() == device))
      throw DTypeError(fmt::format(
          "backward of {}: the gradient of input {} is {} on {}, but that input is {}{} on {}", from.name, k,
          describe(grad), to_string(grad.device()), name(dtype), to_string(shape), to_string(device)));
    if (!(grad.shape() == shape)) {
      if (!broadcasts_to(shape, grad.shape()))
        throw ShapeError(
            fmt::format("backward of {}: the gradient of input {} has shape {}, but that input has {}",
                        from.name, k, to_string(grad.shape()), to_string(shape)));
      grad = detail::engine_sum_to(grad, shape);
    }
    if (AnomalyMode::enabled()) [[unlikely]]
      check_finite(
          grad, fmt::format("gradient of input {} of `{}`, recorded at\n{}", k, from.name, from.recorded_at));
    if (edge.node) {
      add(edge.node->pending_, std::move(grad));
    } else {
      capture(edge.leaf, grad);
      if (captures_ == nullptr) accumulate_leaf(edge.leaf, std::move(grad));
    }
  }

  // The first gradient is moved in, not added to zeros; a buffer that nobody else sees is added into.
  void add(Tensor& sum, Tensor grad) const {
    if (!sum.defined())
      sum = std::move(grad);
    else if (!create_ && unshared(sum) && sum.is_contiguous())
      detail::engine_add_into(sum, grad);
    else if (!create_ && unshared(grad) && grad.is_contiguous()) {
      detail::engine_add_into(grad, sum);
      sum = std::move(grad);
    } else
      sum = detail::engine_add(sum, grad);
  }

  // A leaf owns its gradient, laid out like itself: optimizers and clipping write into it.
  void accumulate_leaf(const Tensor& leaf, Tensor grad) const {
    Tensor& slot = TensorMeta::of(leaf).grad;
    if (slot.defined()) {
      if (!create_ && unshared(slot) && is_dense(slot))
        detail::engine_add_into(slot, grad);
      else
        slot = detail::engine_add(slot, grad);
    } else if (unshared(grad) && same_layout(grad, leaf)) {
      slot = std::move(grad);
    } else if (create_) {
      slot = grad.clone();  // recorded
    } else {
      slot = is_dense(leaf) ? empty_strided(leaf.shape(), leaf.strides(), leaf.dtype(), leaf.device())
                            : empty(leaf.shape(), leaf.dtype(), leaf.device());
      backend_for(leaf.device()).copy(View(slot), ConstView(grad));
    }
  }

  void capture(const Tensor& leaf, const Tensor& grad) {
    if (captures_ == nullptr) return;
    for (size_t i = 0; i < captures_->size(); ++i)
      if ((*captures_)[i].is_same(leaf)) add(captured_[i], grad);
  }

  void capture_node(Node* node, const Tensor& grad) {
    if (captures_ == nullptr) return;
    for (size_t i = 0; i < captures_->size(); ++i) {
      const TensorMeta* meta = TensorMeta::find((*captures_)[i]);
      if (meta != nullptr && meta->node.get() == node && !captured_[i].defined()) captured_[i] = grad;
    }
  }

  static bool runs_later(const Node* a, const Node* b) { return a->sequence < b->sequence; }
  void push(Node* node) {
    ready_.push_back(node);
    std::push_heap(ready_.begin(), ready_.end(), runs_later);
  }
  Node* pop() {
    std::pop_heap(ready_.begin(), ready_.end(), runs_later);
    Node* node = ready_.back();
    ready_.pop_back();
    return node;
  }
  void forget() {
    for (Node* node : reached_) node->pending_ = Tensor();
  }

  bool retain_;
  bool create_;
  const std::vector<Tensor>* captures_;  ///< null: accumulate into the leaves
  std::vector<Tensor> captured_;
  uint64_t run_;
  std::vector<Node*> reached_;
  std::vector<Node*> ready_;
};

void backward(const Tensor& out, const Tensor& seed, bool retain_graph, bool create_graph) {
  Engine(retain_graph, create_graph, nullptr).run(out, seed);
}

std::vector<Tensor> grad(const Tensor& out, const std::vector<Tensor>& inputs, bool create_graph,
                         bool retain_graph, const Tensor& seed) {
  for (const Tensor& input : inputs) {
    check_defined("grad", "inputs", input);
    check<ValueError>(input.requires_grad(),
                      "grad: an input {} does not require a gradient; call set_requires_grad() before the "
                      "forward pass",
                      describe(input));
  }
  return Engine(retain_graph, create_graph, &inputs).run(out, seed);
}

}  // namespace infograd
