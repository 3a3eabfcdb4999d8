#include "probe.h"

#include <algorithm>
#include <cmath>

namespace mige_dim {

using namespace ig;

namespace {

/// Of all images, in pieces.
Features features_of(const Encoder& encoder, const Tensor& images) {
  const NoGrad no_grad;
  std::vector<Tensor> conv, fc, y;
  for (int64_t begin = 0; begin < images.size(0); begin += 500) {
    const Features f = encoder(data::to_float(slice(images, 0, begin, begin + 500)));
    conv.push_back(f.conv), fc.push_back(f.fc), y.push_back(f.y);
  }
  return {concat(conv), concat(fc), concat(y)};
}

nn::Sequential classifier_of(int64_t in, bool deep, Generator& generator) {
  if (!deep) return nn::Sequential(nn::Linear(in, 10, {.generator = &generator}));
  return nn::Sequential(nn::Linear(in, 200, {.bias = false, .generator = &generator}),
                        nn::BatchNorm1d(200, {.activation = Activation::relu}),
                        nn::Dropout(0.1, {.generator = &generator}),
                        nn::Linear(200, 10, {.generator = &generator}));
}

/// Times 0.1 after a third and after two thirds of the updates.
optim::Schedule in_three_steps(int64_t updates) {
  return [=](double lr, int64_t step) { return lr * std::pow(0.1, static_cast<double>(3 * step / updates)); };
}

double accuracy(Tensor train, const Tensor& train_labels, Tensor test, const Tensor& test_labels,
                const Options& options, Generator generator) {
  const Tensor centre = mean(train, {0}), scale = sqrt(var(train, {0}) + 1e-4);
  train = (train - centre) / scale;
  test = (test - centre) / scale;

  nn::Sequential classifier = classifier_of(train.size(1), options.full_probe, generator);
  classifier.to(train.device());
  data::DataLoader loader({.images = train, .labels = train_labels},
                          {.batch_size = options.full_probe ? 64 : 100,
                           .shuffle = true,
                           .drop_last = true,
                           .prefetch = 0,
                           .generator = generator.split()});
  optim::Adam adam(classifier.parameters(), {.lr = options.full_probe ? 1e-4 : 1e-3});
  if (options.full_probe) adam.set_schedule(in_three_steps(options.probe_epochs * loader.batches()));
  for (int64_t epoch = 0; epoch < options.probe_epochs; ++epoch)
    for (const data::Batch& batch : loader) {
      adam.zero_grad();
      losses::cross_entropy(classifier(batch.images), batch.labels).backward();
      adam.step();
    }
  const NoGrad no_grad;
  classifier.eval();
  return mean(eq(argmax(classifier(test), 1), test_labels).to(DType::f64)).item();
}

}  // namespace

Accuracy probe(const Encoder& encoder, const Images& images, const Options& options, Generator& generator) {
  const data::Dataset some = first(images.train, options.probe_images);
  const Features train = features_of(encoder, some.images), test = features_of(encoder, images.test.images);
  const auto of = [&](const Tensor& a, const Tensor& b) {
    return accuracy(a, some.labels, b, images.test.labels, options, generator.split());
  };
  return {.conv = of(train.conv, test.conv), .fc = of(train.fc, test.fc), .y = of(train.y, test.y)};
}

}  // namespace mige_dim
