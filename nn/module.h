// Module: a handle to a shared, named state tree. Copying aliases, like Tensor; there is no clone: use
// load(other.state()).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <infograd/core/generator.h>
#include <infograd/core/tensor.h>
#include <infograd/nn/load_state.h>
#include <infograd/nn/state_dict.h>

namespace infograd::nn {

/// Base of layers and models. A model declares its members through param, buffer and child, which give them
/// their names:
///
///     struct Encoder : nn::Module {
///       nn::Linear fc1 = child("fc1", nn::Linear(784, 64));
///       Tensor operator()(const Tensor& x) const { return relu(fc1(x)); }
///     };
///
/// A copy of an Encoder is the same Encoder: they share parameters, buffers, training mode. Assigning to a
/// member later rebinds that handle only, not the tree.
class INFOGRAD_API Module {
 public:
  /// `description` is what summary() shows, e.g. "Linear(784, 64)".
  explicit Module(std::string description = "Module");

  /// Every parameter once, under its first name; own ones before those of children, in order of declaration.
  StateDict named_parameters() const;
  std::vector<Tensor> parameters() const;
  /// Tensors that are saved but not trained (running statistics).
  StateDict named_buffers() const;
  /// Generators of the whole tree, each once; they live as long as the module.
  std::vector<Generator*> generators() const;
  /// Direct children.
  std::vector<std::pair<std::string, Module>> named_children() const;
  const std::string& description() const;

  /// Parameters, buffers and generator positions (u8) of the whole tree, outside the graph. Parameters and
  /// buffers alias the module: clone() them to keep a snapshot. A tensor with two names appears under both.
  StateDict state() const;
  /// Copies values in, across devices where needed; all or nothing. Throws ValueError listing every missing,
  /// unexpected and mismatching name with dtypes and shapes. Generator positions may be absent: they then
  /// stay as they are.
  LoadReport load(const StateDict& state, LoadPolicy policy = LoadPolicy::strict);

  /// Sets the mode of the whole tree. New modules train.
  void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const;

  /// Moves parameters and buffers in place: every handle to them follows. Gradients are dropped; an optimizer
  /// must be built afterwards.
  void to(Device device);
  /// Converts floating parameters and buffers in place, as above.
  void to(DType dtype);

  /// Drops all gradients.
  void zero_grad();
  /// Freezes (false) or unfreezes all parameters.
  void set_requires_grad(bool on = true);

 protected:
  /// Registers a trainable tensor and returns it. An undefined `init` registers nothing (a layer without
  /// bias). Throws ValueError if the name is taken, empty or contains a dot, or if `init` was computed by a
  /// recorded op.
  Tensor param(std::string name, Tensor init);
  /// Registers a tensor that is saved but not trained.
  Tensor buffer(std::string name, Tensor init);
  /// Registers a random generator whose position is saved.
  std::shared_ptr<Generator> generator(std::string name, const Generator& init);
  /// Registers a module and returns it.
  template <class M>
  M child(std::string name, M module) {
    add_child(std::move(name), module);
    return module;
  }
  void add_child(std::string name, const Module& module);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace infograd::nn
