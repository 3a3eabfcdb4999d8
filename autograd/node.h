// A recorded op: what produced a tensor and how to go back.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <infograd/autograd/grads.h>
#include <infograd/core/tensor.h>

namespace infograd {

class Node;

/// Where the gradient of one input goes: to the op that produced it, to a leaf, or nowhere.
struct Edge {
  Ref<Node> node;
  Tensor leaf;
  explicit operator bool() const { return static_cast<bool>(node) || leaf.defined(); }
};

class INFOGRAD_API Node : public RefCounted {
 public:
  ~Node() override;

  virtual Grads backward(const Tensor& grad_out, Needs needs) = 0;
  /// Drops what backward needed (after a backward that does not retain the graph).
  virtual void release_saved() = 0;

  std::string_view name;  ///< the op; a string literal
  uint64_t sequence = 0;  ///< larger = recorded later = runs earlier in backward
  Shape out_shape;
  DType out_dtype = DType::f32;
  Device out_device;
  bool released = false;
  bool second_order = true;  ///< false: create_graph through this op throws

  void add_input(const Tensor& input);
  size_t input_count() const { return input_count_; }
  const Edge& input(size_t i) const { return i < kInline ? inline_[i] : heap_[i - kInline]; }
  Needs needs() const { return needs_; }

 private:
  friend class Engine;
  static constexpr size_t kInline = 3;

  // The last reference to a long chain must not recurse: dying nodes queue up and one loop deletes them.
  void destroy() noexcept override;

  std::array<Edge, kInline> inline_;
  std::vector<Edge> heap_;
  size_t input_count_ = 0;
  Needs needs_;

  // Scratch of the engine while a backward is running.
  Tensor pending_;
  uint32_t dependencies_ = 0;
  uint64_t run_ = 0;
  bool pending_owned_ = false;
  Node* next_dead_ = nullptr;

 public:
  std::string recorded_at;  ///< call stack, only in anomaly mode
};

/// The node being run by the engine on this thread, or null.
INFOGRAD_API Node* current_node();

}  // namespace infograd
