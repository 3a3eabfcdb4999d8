#include "image_losses.h"

#include <limits>

#include <fmt/core.h>

namespace shared {

using namespace infograd;
using losses::FuzzyMiLoss;

namespace {

/// Means over the pixels of each image that the mask leaves, [B].
Tensor mean_per_image(const Tensor& error, const Tensor& mask) {
  const Axes image{1, 2, 3};
  if (!mask.defined()) return mean(error, image);
  return sum(error * mask, image) / clamp(sum(mask, image), 1, std::numeric_limits<double>::infinity());
}

/// Does the mask leave a square of this side whole, in any image?
bool leaves(const Tensor& mask, int side) {
  if (!mask.defined()) return true;
  const Tensor masked = max_pool2d(1.0 - mask, {.kernel = {side, side}, .stride = {1, 1}});
  return min(masked).item() == 0;
}

/// For a batch that a warp has moved out of sight altogether, where the library throws: no gradient.
Tensor without_gradient(double value, const Tensor& warped) {
  return sum(warped, {1, 2, 3}) * 0.0 + value;
}

std::string with_bins(const char* name, int bins) {
  return bins == 11 ? name : fmt::format("{} N={}", name, bins);
}

}  // namespace

ImageLoss l1() {
  return {.name = "L1", .per_image = [](const Tensor& x, const Tensor& y, const Tensor& mask) {
            return mean_per_image(abs(x - y), mask);
          }};
}

ImageLoss l2() {
  return {.name = "L2", .per_image = [](const Tensor& x, const Tensor& y, const Tensor& mask) {
            return mean_per_image(square(x - y), mask);
          }};
}

ImageLoss one_minus_ssim(int window) {
  return {.name = "1-SSIM", .per_image = [window](const Tensor& x, const Tensor& y, const Tensor& mask) {
            if (!leaves(mask, window)) return without_gradient(1, y);
            return 1.0 -
                   losses::ssim(x, y, {.window = window, .mask = mask, .reduction = losses::Reduction::none});
          }};
}

ImageLoss fuzzy(std::string name, const losses::FuzzyMiOptions& options) {
  return {.name = std::move(name),
          .per_image = [options](const Tensor& x, const Tensor& y, const Tensor& mask) {
            if (!leaves(mask, 1)) return without_gradient(0, y);
            losses::FuzzyMiOptions each = options;
            each.reduction = losses::Reduction::none;
            each.histogram.mask = mask;
            each.histogram.on_empty = OnEmpty::skip;
            return losses::fuzzy_mi_loss(x, y, each);
          }};
}

ImageLoss lmi(int bins) {
  return fuzzy(with_bins("A", bins), {.loss = FuzzyMiLoss::lmi, .histogram = {.bins = bins}});
}

ImageLoss lmi_minimum(int bins) {
  return fuzzy(with_bins("A min", bins),
               {.loss = FuzzyMiLoss::lmi, .histogram = {.bins = bins, .tnorm = TNorm::minimum}});
}

ImageLoss neg_mi(int bins) {
  return fuzzy(with_bins("-MI", bins), {.loss = FuzzyMiLoss::neg_mi, .histogram = {.bins = bins}});
}

ImageLoss rajski(int bins) {
  return fuzzy(with_bins("NMI", bins), {.loss = FuzzyMiLoss::rajski, .histogram = {.bins = bins}});
}

ImageLoss weighted_sum(std::string name, std::vector<std::pair<double, ImageLoss>> terms) {
  return {.name = std::move(name),
          .per_image = [terms = std::move(terms)](const Tensor& x, const Tensor& y, const Tensor& mask) {
            Tensor total;
            for (const auto& [weight, loss] : terms) {
              const Tensor term = loss(x, y, mask) * weight;
              total = total.defined() ? total + term : term;
            }
            return total;
          }};
}

std::vector<ImageLoss> single_losses(int ssim_window) {
  return {l1(), l2(), one_minus_ssim(ssim_window), neg_mi(), rajski(), lmi(), lmi_minimum()};
}

const char* name(IntensityMap map) {
  switch (map) {
    case IntensityMap::same:
      return "same";
    case IntensityMap::gamma:
      return "gamma";
    case IntensityMap::inverted:
      return "inverted";
    case IntensityMap::folded:
      return "folded";
  }
  return "?";
}

Tensor apply(IntensityMap map, const Tensor& v) {
  switch (map) {
    case IntensityMap::same:
      return v;
    case IntensityMap::gamma:
      return square(v);
    case IntensityMap::inverted:
      return 1.0 - v;
    case IntensityMap::folded:
      return abs(affine(v, 2, -1));
  }
  return v;
}

}  // namespace shared
