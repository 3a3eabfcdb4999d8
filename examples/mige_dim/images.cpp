#include "images.h"

#include "../shared/digits.h"
#include "cifar.h"

namespace mige_dim {

using namespace ig;

namespace {

/// [N, 1, 28, 28] in the middle of [N, 1, 32, 32].
Tensor padded(const Tensor& images) {
  Tensor out = zeros({images.size(0), 1, 32, 32}, DType::u8);
  Tensor middle = slice(slice(out, 2, 2, 30), 3, 2, 30);
  copy_(middle, images);
  return out;
}

data::Dataset on(Device device, const data::Dataset& dataset) {
  return {.images = dataset.images.to(device), .labels = dataset.labels.to(device)};
}

}  // namespace

data::Dataset first(const data::Dataset& dataset, int64_t count) {
  if (count == 0 || count >= dataset.labels.numel()) return dataset;
  return {.images = slice(dataset.images, 0, 0, count), .labels = slice(dataset.labels, 0, 0, count)};
}

Images load_images(const Options& options) {
  const Device device = options.device;
  if (!options.cifar.empty())
    return {.train = on(device, first(read_cifar10(options.cifar, data::Split::train), options.train_images)),
            .test = on(device, first(read_cifar10(options.cifar, data::Split::test), options.test_images)),
            .name = "CIFAR-10"};
  shared::Digits digits =
      shared::load_digits(options.data, {.train = options.train_images, .test = options.test_images});
  digits.train.images = padded(digits.train.images);
  digits.test.images = padded(digits.test.images);
  return {.train = on(device, digits.train), .test = on(device, digits.test), .name = digits.source};
}

}  // namespace mige_dim
