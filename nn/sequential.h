// A chain of callables.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <infograd/nn/module.h>

namespace infograd::nn {

/// Any Tensor -> Tensor callable behind one type: a module, a lambda, or a function such as `relu`.
class Layer {
 public:
  template <class F>
  requires(!std::same_as<F, Layer> && std::is_invocable_r_v<Tensor, const F&, const Tensor&>)
      Layer(F f) {  // NOLINT(google-explicit-constructor): the point is to take layers as they are
    if constexpr (std::derived_from<F, Module>) module_ = f;
    call_ = std::move(f);
  }
  Tensor operator()(const Tensor& x) const { return call_(x); }
  /// The module inside, empty for a plain function.
  const std::optional<Module>& module() const { return module_; }

 private:
  std::function<Tensor(const Tensor&)> call_;
  std::optional<Module> module_;
};

/// Calls its layers in order. Names are "0", "1", ... (position, functions counted too) unless given:
///
///     nn::Sequential net(nn::Linear(784, 64), nn::ReLU(), nn::Linear(64, 10));
///     nn::Sequential net({{"hidden", nn::Linear(784, 64)}, {"act", nn::ReLU()}, {"out", nn::Linear(64,
///     10)}});
class INFOGRAD_API Sequential : public Module {
 public:
  struct Named {
    std::string name;
    Layer layer;
  };

  template <class... Layers>
  requires(std::convertible_to<Layers, Layer>&&...) explicit Sequential(Layers... layers) : Sequential() {
    (add(Layer(std::move(layers))), ...);
  }
  Sequential(std::initializer_list<Named> layers);
  Sequential();

  /// Appends under the next number or a name of your own; copies of this Sequential see it too. Returns
  /// *this.
  Sequential& add(Layer layer);
  Sequential& add(std::string name, Layer layer);

  Tensor operator()(const Tensor& x) const;
  size_t size() const { return layers_->size(); }

 private:
  std::shared_ptr<std::vector<Layer>> layers_;
};

}  // namespace infograd::nn
