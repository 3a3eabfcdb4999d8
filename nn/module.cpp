#include <algorithm>
#include <cstring>
#include <unordered_set>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/nn/module.h>
#include <infograd/ops/creation.h>

namespace infograd::nn {

struct Module::State {
  std::string description;
  bool training = true;
  StateDict parameters;
  StateDict buffers;
  std::vector<std::pair<std::string, std::shared_ptr<Generator>>> generators;
  std::vector<std::pair<std::string, std::shared_ptr<State>>> children;

  /// Throws unless `name` can be given to a new member.
  void check_free(const std::string& name) const {
    check<ValueError>(
        !name.empty() && name.find('.') == std::string::npos,
        "Module ({}): `{}` cannot be a member name; it must be non-empty and without dots, which separate "
        "the levels of a path",
        description, name);
    const auto taken = [&](const auto& members) {
      return std::any_of(members.begin(), members.end(),
                         [&](const auto& member) { return member.first == name; });
    };
    check<ValueError>(
        !taken(parameters) && !taken(buffers) && !taken(generators) && !taken(children),
        "Module ({}): the member name `{}` is given twice; names are paths in checkpoints and must be unique",
        description, name);
  }

  /// Calls f(prefix, state) for the whole tree, a module before its children; the prefix ends in a dot unless
  /// empty.
  template <class F>
  void visit(F f) {
    std::vector<std::pair<std::string, State*>> pending{{"", this}};
    while (!pending.empty()) {
      const auto [prefix, state] = std::move(pending.back());
      pending.pop_back();
      f(prefix, *state);
      for (auto child = state->children.rbegin(); child != state->children.rend(); ++child)
        pending.emplace_back(prefix + child->first + ".", child->second.get());
    }
  }
};

namespace {

/// Makes every handle to `tensor` see the storage of `moved`. Graphs that saved the old values find another
/// version.
void replace(Tensor& tensor, const Tensor& moved) {
  if (moved.is_same(tensor)) return;
  TensorImpl& to = tensor.impl();
  const TensorImpl& from = moved.impl();
  while (from.storage->version() <= to.storage->version()) from.storage->bump_version();
  to.storage = from.storage;
  to.offset = from.offset;
  to.strides = from.strides;
  to.contiguous = from.contiguous;
  to.dtype = from.dtype;
  tensor.zero_grad();
}

Tensor pack(const Generator& generator) {
  const Generator::State words = generator.state();
  std::vector<uint8_t> bytes(sizeof(words));
  std::memcpy(bytes.data(), words.data(), sizeof(words));
  return from_data(bytes, {static_cast<int64_t>(bytes.size())});
}

void unpack(const Tensor& packed, Generator& generator) {
  const std::vector<uint8_t> bytes = packed.to_vector<uint8_t>();
  Generator::State words;
  std::memcpy(words.data(), bytes.data(), sizeof(words));
  generator.set_state(words);
}

}  // namespace

Module::Module(std::string description) : state_(std::make_shared<State>()) {
  state_->description = std::move(description);
}

StateDict Module::named_parameters() const {
  StateDict all;
  std::unordered_set<const TensorImpl*> seen;
  state_->visit([&](const std::string& prefix, State& state) {
    for (const auto& [name, tensor] : state.parameters)
      if (seen.insert(&tensor.impl()).second) all.emplace_back(prefix + name, tensor);
  });
  return all;
}

std::vector<Tensor> Module::parameters() const {
  std::vector<Tensor> all;
  for (auto& [name, tensor] : named_parameters()) all.push_back(tensor);
  return all;
}

StateDict Module::named_buffers() const {
  StateDict all;
  std::unordered_set<const TensorImpl*> seen;
  state_->visit([&](const std::string& prefix, State& state) {
    for (const auto& [name, tensor] : state.buffers)
      if (seen.insert(&tensor.impl()).second) all.emplace_back(prefix + name, tensor);
  });
  return all;
}

std::vector<std::pair<std::string, Module>> Module::named_children() const {
  std::vector<std::pair<std::string, Module>> all;
  for (const auto& [name, state] : state_->children) {
    Module module = *this;
    module.state_ = state;
    all.emplace_back(name, std::move(module));
  }
  return all;
}

const std::string& Module::description() const {
  return state_->description;
}

StateDict Module::state() const {
  StateDict all;
  state_->visit([&](const std::string& prefix, State& state) {
    for (const auto& [name, tensor] : state.parameters) all.emplace_back(prefix + name, tensor.detach());
    for (const auto& [name, tensor] : state.buffers) all.emplace_back(prefix + name, tensor.detach());
    for (const auto& [name, generator] : state.generators) all.emplace_back(prefix + name, pack(*generator));
  });
  return all;
}

LoadReport Module::load(const StateDict& source, LoadPolicy policy) {
  const StateDict target = state();
  std::vector<std::string> generator_names;
  std::vector<std::shared_ptr<Generator>> generators;
  state_->visit([&](const std::string& prefix, State& state) {
    for (const auto& [name, generator] : state.generators) {
      generator_names.push_back(prefix + name);
      generators.push_back(generator);
    }
  });
  LoadReport report = load_state("Module::load", target, source, policy, generator_names);

  // The packed positions in `target` are copies: hand the loaded ones back.
  for (size_t i = 0; i < generators.size(); ++i) {
    const auto entry = std::find_if(target.begin(), target.end(),
                                    [&](const auto& named) { return named.first == generator_names[i]; });
    unpack(entry->second, *generators[i]);
  }
  return report;
}

void Module::train(bool on) {
  state_->visit([&](const std::string&, State& state) { state.training = on; });
}

bool Module::is_training() const {
  return state_->training;
}

void Module::to(Device device) {
  const NoGrad guard;
  state_->visit([&](const std::string&, State& state) {
    for (auto& [name, tensor] : state.parameters) replace(tensor, tensor.to(device));
    for (auto& [name, tensor] : state.buffers) replace(tensor, tensor.to(device));
  });
}

void Module::to(DType dtype) {
  check<DTypeError>(is_floating(dtype),
                    "Module::to: {} is not a floating dtype, parameters could not be trained", name(dtype));
  const NoGrad guard;
  state_->visit([&](const std::string&, State& state) {
    for (auto& [name, tensor] : state.parameters) replace(tensor, tensor.to(dtype));
    for (auto& [name, tensor] : state.buffers)
      if (is_floating(tensor.dtype())) replace(tensor, tensor.to(dtype));
  });
}

void Module::zero_grad() {
  for (Tensor& tensor : parameters()) tensor.zero_grad();
}

void Module::set_requires_grad(bool on) {
  for (Tensor& tensor : parameters()) tensor.set_requires_grad(on);
}

Tensor Module::param(std::string name, Tensor init) {
  state_->check_free(name);
  if (!init.defined()) return init;
  check<DTypeError>(is_floating(init.dtype()),
                    "Module ({}): parameter `{}` is {}, but only floating tensors are trained", description(),
                    name, describe(init));
  check<ValueError>(init.is_leaf(),
                    "Module ({}): parameter `{}` {} was computed by a recorded op; pass its detach() or "
                    "build it under NoGrad",
                    description(), name, describe(init));
  init = init.contiguous();  // optimizers step through dense memory
  init.set_requires_grad();
  state_->parameters.emplace_back(std::move(name), init);
  return init;
}

Tensor Module::buffer(std::string name, Tensor init) {
  state_->check_free(name);
  if (!init.defined()) return init;
  check<ValueError>(!init.requires_grad(),
                    "Module ({}): buffer `{}` {} requires a gradient; pass its detach()", description(), name,
                    describe(init));
  state_->buffers.emplace_back(std::move(name), init);
  return init;
}

std::vector<Generator*> Module::generators() const {
  std::vector<Generator*> all;
  state_->visit([&](const std::string& /*prefix*/, State& state) {
    for (const auto& [name, generator] : state.generators)
      if (std::find(all.begin(), all.end(), generator.get()) == all.end()) all.push_back(generator.get());
  });
  return all;
}

std::shared_ptr<Generator> Module::generator(std::string name, const Generator& init) {
  state_->check_free(name);
  auto shared = std::make_shared<Generator>(init);
  state_->generators.emplace_back(std::move(name), shared);
  return shared;
}

void Module::add_child(std::string name, const Module& module) {
  state_->check_free(name);
  module.state_->visit([&](const std::string&, State& state) {
    check<ValueError>(&state != state_.get(), "Module ({}): child `{}` contains this module itself",
                      description(), name);
  });
  state_->children.emplace_back(std::move(name), module.state_);
}

}  // namespace infograd::nn
