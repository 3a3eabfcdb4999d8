// Element-wise functions as modules, for Sequential. Elsewhere call relu(x) and its siblings directly.
#pragma once

#include <infograd/nn/module.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/softmax.h>

namespace infograd::nn {

struct ReLU : Module {
  ReLU() : Module("ReLU") {}
  Tensor operator()(const Tensor& x) const { return relu(x); }
};

struct LeakyReLU : Module {
  explicit LeakyReLU(double slope_ = 0.01) : Module("LeakyReLU"), slope(slope_) {}
  Tensor operator()(const Tensor& x) const { return leaky_relu(x, slope); }
  double slope;
};

struct ELU : Module {
  explicit ELU(double alpha_ = 1) : Module("ELU"), alpha(alpha_) {}
  Tensor operator()(const Tensor& x) const { return elu(x, alpha); }
  double alpha;
};

struct GELU : Module {
  explicit GELU(GeluForm form_ = GeluForm::exact) : Module("GELU"), form(form_) {}
  Tensor operator()(const Tensor& x) const { return gelu(x, form); }
  GeluForm form;
};

struct SiLU : Module {
  SiLU() : Module("SiLU") {}
  Tensor operator()(const Tensor& x) const { return silu(x); }
};

struct Tanh : Module {
  Tanh() : Module("Tanh") {}
  Tensor operator()(const Tensor& x) const { return tanh(x); }
};

struct Sigmoid : Module {
  Sigmoid() : Module("Sigmoid") {}
  Tensor operator()(const Tensor& x) const { return sigmoid(x); }
};

struct Softplus : Module {
  Softplus() : Module("Softplus") {}
  Tensor operator()(const Tensor& x) const { return softplus(x); }
};

struct Softmax : Module {
  explicit Softmax(int axis_ = -1) : Module("Softmax"), axis(axis_) {}
  Tensor operator()(const Tensor& x) const { return softmax(x, axis); }
  int axis;
};

struct LogSoftmax : Module {
  explicit LogSoftmax(int axis_ = -1) : Module("LogSoftmax"), axis(axis_) {}
  Tensor operator()(const Tensor& x) const { return log_softmax(x, axis); }
  int axis;
};

}  // namespace infograd::nn
