#include "blur.h"

#include <cmath>
#include <vector>

#include <infograd/ops/conv.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace shared {

using namespace infograd;

Tensor gaussian_blur(const Tensor& x, double sd, int radius) {
  std::vector<float> weights;
  double total = 0;
  for (int i = -radius; i <= radius; ++i) {
    weights.push_back(static_cast<float>(std::exp(-i * i / (2 * sd * sd))));
    total += weights.back();
  }
  for (float& weight : weights) weight /= static_cast<float>(total);
  const int64_t window = 2 * radius + 1;
  const Tensor line = from_data(weights, {1, 1, window, 1});
  return conv2d(conv2d(x, line), reshape(line, {1, 1, 1, window})).contiguous();
}

Tensor rescale_each(const Tensor& x, double low, double high) {
  const Axes image{1, 2, 3};
  const Tensor smallest = min(x, image, true), largest = max(x, image, true);
  return affine((x - smallest) / (largest - smallest), high - low, low);
}

}  // namespace shared
