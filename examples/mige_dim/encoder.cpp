#include "encoder.h"

namespace mige_dim {

using namespace ig;

namespace {

nn::Conv2d halve(int64_t in, int64_t out, Generator& generator) {
  return {in, out, 4, {.stride = {2, 2}, .padding = {1, 1}, .bias = false, .generator = &generator}};
}

}  // namespace

Encoder::Encoder(int64_t in_channels, const Options& options, Generator& generator)
    : sigmoid(options.normalisation == "sigmoid"),
      conv1(child("conv1", halve(in_channels, options.channels[0], generator))),
      conv2(child("conv2", halve(options.channels[0], options.channels[1], generator))),
      conv3(child("conv3", halve(options.channels[1], options.channels[2], generator))),
      norm1(child("norm1", nn::BatchNorm2d(options.channels[0], {.activation = Activation::relu}))),
      norm2(child("norm2", nn::BatchNorm2d(options.channels[1], {.activation = Activation::relu}))),
      norm3(child("norm3", nn::BatchNorm2d(options.channels[2], {.activation = Activation::relu}))),
      fc(child("fc",
               nn::Linear(16 * options.channels[2], options.fc, {.bias = false, .generator = &generator}))),
      units(child("units", nn::Linear(options.fc, kUnits, {.generator = &generator}))),
      norm_fc(child("norm_fc", nn::BatchNorm1d(options.fc, {.activation = Activation::relu}))),
      norm_y(child("norm_y", nn::BatchNorm1d(kUnits, {.affine = false}))) {}

Features Encoder::operator()(const Tensor& x) const {
  Features f;
  f.conv = flatten(norm3(conv3(norm2(conv2(norm1(conv1(x)))))), 1);
  f.fc = norm_fc(fc(f.conv));
  const Tensor y = units(f.fc);
  f.y = sigmoid ? ig::sigmoid(y) : norm_y(y);
  return f;
}

}  // namespace mige_dim
