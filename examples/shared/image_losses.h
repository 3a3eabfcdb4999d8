// What the DeepMI experiments share: losses between two images under one signature, and changes of intensity.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <infograd/infograd.h>

namespace shared {

/// To minimise. One number per image, so that a batch may hold runs that know nothing of each other.
struct ImageLoss {
  std::string name;  ///< in tables
  /// x, y [B, 1, H, W] in [0, 1]; mask [B, 1, H, W] of 0 and 1, or undefined: all pixels. Returns [B]. An
  /// image of which nothing is left gets no gradient.
  std::function<infograd::Tensor(const infograd::Tensor& x, const infograd::Tensor& y,
                                 const infograd::Tensor& mask)>
      per_image;

  infograd::Tensor operator()(const infograd::Tensor& x, const infograd::Tensor& y,
                              const infograd::Tensor& mask = {}) const {
    return per_image(x, y, mask);
  }
};

ImageLoss l1();                            ///< "L1": mean |x - y|
ImageLoss l2();                            ///< "L2": mean (x - y)^2
ImageLoss one_minus_ssim(int window = 7);  ///< "1-SSIM"
/// Any loss of the fuzzy histogram; its mask, reduction and empty rows are set here.
ImageLoss fuzzy(std::string name, const infograd::losses::FuzzyMiOptions& options);
ImageLoss lmi(int bins = 11);  ///< "A" (named "A N=2" for other bins): the linearized loss, our reading
ImageLoss lmi_minimum(int bins = 11);  ///< "A min": with the minimum t-norm
ImageLoss neg_mi(int bins = 11);       ///< "-MI"
ImageLoss rajski(int bins = 11);       ///< "NMI": 1 - I / H_xy, Studholme's NMI as a loss
ImageLoss weighted_sum(std::string name, std::vector<std::pair<double, ImageLoss>> terms);

/// The seven: L1, L2, 1-SSIM, -MI, NMI, A, A min.
std::vector<ImageLoss> single_losses(int ssim_window = 7);

/// What another sensor does to intensities v in [0, 1].
enum class IntensityMap { same, gamma, inverted, folded };  ///< v, v^2, 1 - v, |2 v - 1|
const char* name(IntensityMap map);
infograd::Tensor apply(IntensityMap map, const infograd::Tensor& v);

}  // namespace shared
