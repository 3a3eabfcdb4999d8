// Layers, optimizers and what looks at features stay on the device of their inputs. The device is the host in
// disguise (pretended_device.h), with the reference backend on both sides: the same bits, and an exception
// where host and device meet.
#include <functional>

#include <gtest/gtest.h>

#include <infograd/backends/pretended_device.h>
#include <infograd/backends/registry.h>
#include <infograd/losses/classification/cross_entropy.h>
#include <infograd/nn/activations.h>
#include <infograd/nn/batch_norm.h>
#include <infograd/nn/conv2d.h>
#include <infograd/nn/data/loader.h>
#include <infograd/nn/data/transforms.h>
#include <infograd/nn/dropout.h>
#include <infograd/nn/flatten.h>
#include <infograd/nn/layer_norm.h>
#include <infograd/nn/linear.h>
#include <infograd/nn/optim/adagrad.h>
#include <infograd/nn/optim/adam.h>
#include <infograd/nn/optim/clip.h>
#include <infograd/nn/optim/rmsprop.h>
#include <infograd/nn/optim/sgd.h>
#include <infograd/nn/pca.h>
#include <infograd/nn/pool.h>
#include <infograd/nn/probe.h>
#include <infograd/nn/sequential.h>
#include <infograd/nn/tsne.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>

namespace infograd {
namespace {

using MakeOptimizer = std::function<std::unique_ptr<optim::Optimizer>(const std::vector<Tensor>&)>;

/// The losses of three steps of a net with every layer.
std::vector<double> train(Device device, const MakeOptimizer& make) {
  Generator generator(1);
  nn::Sequential model(nn::Conv2d(1, 3, 3, {.generator = &generator}), nn::BatchNorm2d(3), nn::ReLU(),
                       nn::MaxPool2d(2), nn::Flatten(), nn::Linear(27, 8, {.generator = &generator}),
                       nn::LayerNorm(8), nn::GELU(), nn::Dropout(0.2, {.generator = &generator}),
                       nn::Linear(8, 4, {.generator = &generator}));
  model.to(device);
  const std::unique_ptr<optim::Optimizer> optimizer = make(model.parameters());
  const Tensor x = rand_normal({6, 1, 8, 8}, 0, 1, DType::f32, generator, device);
  const Tensor labels = rand_integers({6}, 0, 4, generator, device);
  std::vector<double> losses;
  for (int i = 0; i < 3; ++i) {
    const Tensor loss = losses::cross_entropy(model(x), labels);
    optimizer->zero_grad();
    loss.backward();
    losses.push_back(optim::clip_grad_norm(model.parameters(), 0.5));
    optim::clip_grad_value(model.parameters(), 0.1);
    optimizer->step();
    losses.push_back(loss.item());
  }
  return losses;
}

template <class O, class Options>
void expect_same_bits(const Options& options) {
  const BackendScope scope("reference");
  const MakeOptimizer make = [&](const std::vector<Tensor>& parameters) {
    return std::make_unique<O>(parameters, options);
  };
  const std::vector<double> expected = train(cpu, make);
  const PretendedDevice device;
  EXPECT_EQ(train(PretendedDevice::kDevice, make), expected);
}

TEST(Devices, LayersAndOptimizers) {
  expect_same_bits<optim::SGD>(optim::SGDOptions{.lr = 0.1, .momentum = 0.9});
  expect_same_bits<optim::Adam>(optim::AdamOptions{.lr = 0.01});
  expect_same_bits<optim::RMSprop>(optim::RMSpropOptions{.lr = 0.01});
  expect_same_bits<optim::Adagrad>(optim::AdagradOptions{.lr = 0.01});
}

TEST(Devices, LinearProbe) {
  const BackendScope scope("reference");
  const auto probe = [](Device device) {
    Generator generator(4);
    const Tensor x = rand_normal({60, 5}, 0, 1, DType::f32, generator, device);
    const Tensor labels = rand_integers({60}, 0, 3, generator, device);
    return nn::linear_probe(x, labels, x, labels, {.classes = 3}).loss;
  };
  const double expected = probe(cpu);
  const PretendedDevice device;
  EXPECT_EQ(probe(PretendedDevice::kDevice), expected);
}

TEST(Devices, BatchesStayWhereTheDataLie) {
  const PretendedDevice device;
  const data::Dataset set{.images = ones({6, 2}).to(PretendedDevice::kDevice),
                          .labels = zeros({6}, DType::i64).to(PretendedDevice::kDevice)};
  for (const int prefetch : {0, 2})
    for (const data::Batch& batch : data::DataLoader(set, {.batch_size = 3, .prefetch = prefetch})) {
      EXPECT_EQ(batch.images.device(), PretendedDevice::kDevice) << "prefetch " << prefetch;
      EXPECT_EQ(batch.labels.device(), PretendedDevice::kDevice) << "prefetch " << prefetch;
    }
}

TEST(Devices, NeighboursPrincipalComponentsMapsAndViews) {
  const BackendScope scope("reference");
  const auto look = [](Device device) {
    Generator generator(4);
    const Tensor x = rand_normal({40, 6}, 0, 1, DType::f32, generator, device);
    const Tensor labels = rand_integers({40}, 0, 3, generator, device);
    const Tensor images = rand_uniform({5, 1, 12, 12}, 0, 1, DType::f32, generator, device);
    const data::ViewOptions options{.elastic = data::ElasticOptions{}};
    return std::vector<double>{nn::knn_accuracy(x, labels, x, labels),
                               sum(abs(nn::project(nn::pca(x), x))).item(),
                               sum(abs(nn::tsne(x, {.perplexity = 5, .iterations = 20}))).item(),
                               sum(data::random_view(images, options, generator)).item()};
  };
  const std::vector<double> expected = look(cpu);
  const PretendedDevice device;
  EXPECT_EQ(look(PretendedDevice::kDevice), expected);
}

}  // namespace
}  // namespace infograd
