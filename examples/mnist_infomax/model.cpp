#include "model.h"

namespace infomax {

using namespace ig;

Encoder::Encoder(Generator& generator)
    : conv1(
          child("conv1", nn::Conv2d(1, 32, 3, {.padding = {1, 1}, .bias = false, .generator = &generator}))),
      conv2(
          child("conv2", nn::Conv2d(32, 64, 3, {.padding = {1, 1}, .bias = false, .generator = &generator}))),
      conv3(child("conv3",
                  nn::Conv2d(64, 128, 3, {.padding = {1, 1}, .bias = false, .generator = &generator}))),
      norm1(child("norm1", nn::BatchNorm2d(32, {.activation = Activation::relu}))),
      norm2(child("norm2", nn::BatchNorm2d(64, {.activation = Activation::relu}))),
      norm3(child("norm3", nn::BatchNorm2d(128, {.activation = Activation::relu}))),
      fc(child("fc", nn::Linear(128 * 3 * 3, kFeatures, {.generator = &generator}))) {}

Tensor Encoder::local(const Tensor& images) const {
  const Tensor half = max_pool2d(norm1(conv1(images)));
  const Tensor quarter = max_pool2d(norm2(conv2(half)));
  return norm3(conv3(quarter));
}

Tensor Encoder::global(const Tensor& local) const {
  return fc(flatten(max_pool2d(local), 1));
}

Model::Model(Generator& generator)
    : encoder(child("encoder", Encoder(generator))),
      head1(child("head1",
                  nn::Linear(kFeatures, 256, {.activation = Activation::relu, .generator = &generator}))),
      head2(child("head2", nn::Linear(256, kFeatures, {.generator = &generator}))),
      local_head(child("local_head", nn::Conv2d(128, 64, 1, {.generator = &generator}))),
      log_partition(param("log_partition", zeros({}))),
      mine_average(buffer("mine_average", losses::MineState{}.save())) {}

}  // namespace infomax
