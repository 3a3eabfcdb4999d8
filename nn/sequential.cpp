#include <infograd/nn/sequential.h>

namespace infograd::nn {

Sequential::Sequential() : Module("Sequential"), layers_(std::make_shared<std::vector<Layer>>()) {}

Sequential::Sequential(std::initializer_list<Named> layers) : Sequential() {
  for (const Named& entry : layers) add(entry.name, entry.layer);
}

Sequential& Sequential::add(Layer layer) {
  return add(std::to_string(size()), std::move(layer));
}

Sequential& Sequential::add(std::string name, Layer layer) {
  if (layer.module()) add_child(std::move(name), *layer.module());
  layers_->push_back(std::move(layer));
  return *this;
}

Tensor Sequential::operator()(const Tensor& x) const {
  Tensor y = x;
  for (const Layer& layer : *layers_) y = layer(y);
  return y;
}

}  // namespace infograd::nn
