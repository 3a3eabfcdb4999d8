#include "tests/bench/steps.h"

#include <memory>
#include <utility>
#include <vector>

#include <infograd/infograd.h>

namespace infograd::bench {

namespace {

Step mlp_step(Device device, std::vector<int64_t> widths, int64_t batch, bool regression) {
  auto net = std::make_shared<nn::Sequential>();
  for (size_t i = 0; i + 1 < widths.size(); ++i)
    net->add(nn::Linear(widths[i], widths[i + 1],
                        {.activation = i + 2 < widths.size() ? Activation::relu : Activation::none}));
  net->to(device);
  auto adam = std::make_shared<optim::Adam>(net->parameters(), optim::AdamOptions{.lr = 1e-3});
  const Tensor x = rand_normal({batch, widths.front()}).to(device);
  const Tensor y =
      (regression ? rand_normal({batch, widths.back()}) : rand_integers({batch}, 0, widths.back()))
          .to(device);
  return [=] {
    adam->zero_grad();
    const Tensor out = (*net)(x);
    const Tensor loss = regression ? losses::mse(out, y) : losses::cross_entropy(out, y);
    loss.backward();
    adam->step();
  };
}

Step wide_mlp_step(Device device, int64_t batch) {
  return mlp_step(device, {784, 1024, 1024, 10}, batch, false);
}
Step small_mlp_step(Device device) {
  return mlp_step(device, {2, 64, 64, 1}, 64, true);
}

struct ConvNet : nn::Module {
  explicit ConvNet(int64_t out) : fc(child("fc", nn::Linear(64 * 7 * 7, out))) {}
  nn::Conv2d conv1 = child("conv1", nn::Conv2d(1, 32, 3, {.padding = {1, 1}}));
  nn::BatchNorm2d norm1 = child("norm1", nn::BatchNorm2d(32, {.activation = Activation::relu}));
  nn::Conv2d conv2 = child("conv2", nn::Conv2d(32, 64, 3, {.padding = {1, 1}}));
  nn::BatchNorm2d norm2 = child("norm2", nn::BatchNorm2d(64, {.activation = Activation::relu}));
  nn::Linear fc;
  Tensor operator()(const Tensor& x) const {
    return fc(flatten(max_pool2d(norm2(conv2(max_pool2d(norm1(conv1(x)))))), 1));
  }
};

Step conv_step(Device device) {
  ConvNet net(10);
  net.to(device);
  auto adam = std::make_shared<optim::Adam>(net.parameters(), optim::AdamOptions{.lr = 1e-3});
  const Tensor x = rand_normal({256, 1, 28, 28}).to(device), y = rand_integers({256}, 0, 10).to(device);
  return [=] {
    adam->zero_grad();
    losses::cross_entropy(net(x), y).backward();
    adam->step();
  };
}

Step infomax_step(Device device, int64_t pairs) {
  ConvNet net(64);
  net.to(device);
  auto adam = std::make_shared<optim::Adam>(net.parameters(), optim::AdamOptions{.lr = 1e-3});
  const Tensor views = rand_normal({2 * pairs, 1, 28, 28}).to(device);
  return [=] {
    adam->zero_grad();
    const Tensor z = net(views);
    const Tensor scores = losses::separable_critic(slice(z, 0, 0, pairs), slice(z, 0, pairs),
                                                   {.temperature = 0.2, .normalize = true});
    losses::info_nce(losses::Scores(scores)).backward();
    adam->step();
  };
}

Step infonce_step(Device device, int64_t pairs) {
  Tensor u = rand_normal({pairs, 128}).to(device), v = rand_normal({pairs, 128}).to(device);
  u.set_requires_grad();
  v.set_requires_grad();
  return [=]() mutable {
    u.zero_grad();
    v.zero_grad();
    losses::info_nce(u, v, {.temperature = 10.0}).backward();
  };
}

Step mige_toy(Device device, losses::MigeEstimator estimator) {
  const Tensor x = rand_normal({256, 32}).to(device), noise = rand_normal({256, 32}).to(device);
  Tensor rho = scalar(0.5, DType::f32, device).set_requires_grad();
  return [=]() mutable {
    rho.zero_grad();
    const Tensor y = x * rho + noise * sqrt(1.0 - square(rho));
    losses::mige_mi(x, y, {.score = {.estimator = estimator}}).surrogate.backward();
  };
}

/// Kernel matrices of the toy, in the type that the scores are computed in.
Step mige_eigen(Device device) {
  const Tensor x = rand_normal({256, 32}, 0, 1, DType::f64).to(device),
               y = rand_normal({256, 32}, 0, 1, DType::f64).to(device);
  const auto kernel = [](const Tensor& rows) {
    return exp(squared_distances(rows) / (-2.0 * static_cast<double>(rows.size(1))));
  };
  const Tensor joint = kernel(concat({x, y}, 1)), marginal = kernel(y);
  return [=] {
    linalg::eigh(joint);
    linalg::eigh(marginal);
  };
}

Step mige_large(Device device) {
  const Tensor x = rand_normal({2048, 32}).to(device), z = rand_normal({2048, 32}).to(device);
  return [=] { losses::mige_mi(x, z, {.score = {.estimator = losses::MigeEstimator::stein}}); };
}

/// As in training: `prediction` has a gradient, `target` has none.
Step fuzzy_mi(Device device, int64_t images, int64_t side, int bins) {
  Tensor prediction = rand_uniform({images, 1, side, side}).to(device);
  const Tensor target = rand_uniform({images, 1, side, side}).to(device);
  prediction.set_requires_grad();
  return [=]() mutable {
    prediction.zero_grad();
    losses::fuzzy_mi_loss(prediction, target,
                          {.loss = losses::FuzzyMiLoss::neg_mi, .histogram = {.bins = bins}})
        .backward();
  };
}

Step add_recorded(Device device) {
  Tensor a = rand_normal({4}).to(device), b = rand_normal({4}).to(device);
  a.set_requires_grad();
  return [=] {
    for (int i = 0; i < 1000; ++i) add(a, b);
  };
}

Step small_backward(Device device) {
  Tensor a = rand_normal({4}).to(device), b = rand_normal({4}).to(device);
  a.set_requires_grad();
  return [=]() mutable {
    for (int i = 0; i < 1000; ++i) {
      a.zero_grad();
      sum(a * b).backward();
    }
  };
}

Step with_bf16(Step step) {
  return [step = std::move(step)] {
    const PrecisionScope scope(Precision::bf16);
    step();
  };
}

Step matmul_limit(Device device) {
  const Tensor a = rand_normal({1024, 1024}).to(device), b = rand_normal({1024, 1024}).to(device);
  return [=] { linear(a, b); };
}

Step memory_limit(Device device) {
  Tensor a = rand_normal({int64_t{16} << 20}).to(device), b = rand_normal({int64_t{16} << 20}).to(device);
  return [=]() mutable { copy_(a, b); };
}

}  // namespace

const std::map<std::string, StepMaker>& step_cases() {
  using enum losses::MigeEstimator;
  static const std::map<std::string, StepMaker> all{
      {"mlp 784-1024-1024-10, batch 256, Adam", [](Device at) { return wide_mlp_step(at, 256); }},
      {"mlp 784-1024-1024-10, batch 32, Adam", [](Device at) { return wide_mlp_step(at, 32); }},
      {"mlp 2-64-64-1, batch 64, Adam", small_mlp_step},
      {"conv classifier, batch 256, Adam", conv_step},
      {"infomax, two views of 256, Adam", [](Device at) { return infomax_step(at, 256); }},
      {"InfoNCE 4096 pairs, d = 128", [](Device at) { return infonce_step(at, 4096); }},
      {"MIGE toy gradient, M = 256, d = 32", [](Device at) { return mige_toy(at, ssge); }},
      {"MIGE toy gradient, Stein by Cholesky", [](Device at) { return mige_toy(at, stein); }},
      {"MIGE toy gradient, the two eigh alone", mige_eigen},
      {"MIGE, M = 2048, d = 64, Stein", mige_large},
      {"fuzzy MI 64 x 28 x 28, 11 bins", [](Device at) { return fuzzy_mi(at, 64, 28, 11); }},
      {"fuzzy MI 4 x 512 x 512, 32 bins", [](Device at) { return fuzzy_mi(at, 4, 512, 32); }},
      {"recorded add of 4 elements, x 1000", add_recorded},
      {"(a*b).sum().backward() of 4, x 1000", small_backward},
      {"mlp 784-1024-1024-10, batch 256, bf16", [](Device at) { return with_bf16(wide_mlp_step(at, 256)); }},
      {"conv classifier, batch 256, bf16", [](Device at) { return with_bf16(conv_step(at)); }},
      {"limit: matmul 1024", matmul_limit},
      {"limit: matmul 1024, bf16", [](Device at) { return with_bf16(matmul_limit(at)); }},
      {"limit: copy 64 MiB", memory_limit}};
  return all;
}

const std::map<std::string, StepMaker>& gpu_step_cases() {
  static const std::map<std::string, StepMaker> all{
      {"mlp 784-1024-1024-10, batch 256, Adam", [](Device at) { return wide_mlp_step(at, 256); }},
      {"mlp 784-1024-1024-10, batch 4096, Adam", [](Device at) { return wide_mlp_step(at, 4096); }},
      {"infomax, two views of 256, Adam", [](Device at) { return infomax_step(at, 256); }},
      {"infomax, two views of 2048, Adam", [](Device at) { return infomax_step(at, 2048); }},
      {"InfoNCE 16384 pairs, d = 128", [](Device at) { return infonce_step(at, 16384); }},
      {"fuzzy MI 16 x 512 x 512, 32 bins", [](Device at) { return fuzzy_mi(at, 16, 512, 32); }}};
  return all;
}

}  // namespace infograd::bench
