// Random views of image batches f32 [B, C, H, W]. Geometry is one affine map per image and one grid_sample,
// so several transforms compose without resampling twice. Draws come from the generator alone: the same for
// any thread count.
#pragma once

#include <infograd/core/generator.h>
#include <infograd/core/tensor.h>

namespace infograd::data {

/// u8 images to f32 in [0, 1]; with mean and std: (x / 255 - mean) / std.
INFOGRAD_API Tensor to_float(const Tensor& images, double mean = 0, double std = 1);

/// Ranges of one random map per image; each value is drawn uniformly.
struct AffineOptions {
  double degrees = 15;     ///< rotation in [-degrees, degrees]
  double translate = 0.1;  ///< shift in [-translate, translate] of the extent, per axis
  double scale_min = 0.9;  ///< size of the content in [scale_min, scale_max]
  double scale_max = 1.1;
  double shear = 0.1;  ///< horizontal shear in [-shear, shear]: x += shear * y
};
/// Rotated, shifted, scaled and sheared images of the same size; outside the image is 0.
INFOGRAD_API Tensor random_affine(const Tensor& images, const AffineOptions& options, Generator& generator);

struct CropOptions {
  double area_min = 0.4;  ///< share of the image that is kept
  double area_max = 1.0;
  double aspect = 4.0 / 3;  ///< width over height in [1/aspect, aspect], uniform in its logarithm
  int64_t height = 0;       ///< result; 0 = as the input
  int64_t width = 0;
};
/// A random rectangle of each image, resized (bilinear) to height x width.
INFOGRAD_API Tensor random_resized_crop(const Tensor& images, const CropOptions& options,
                                        Generator& generator);

struct EraseOptions {
  double probability = 0.5;  ///< of erasing at all
  double area_min = 0.02;    ///< share of the image that is erased
  double area_max = 0.2;
  double aspect = 3;  ///< width over height in [1/aspect, aspect]
  double value = 0;   ///< what is left behind
};
/// Overwrites one random rectangle per image, all channels alike.
INFOGRAD_API Tensor random_erase(const Tensor& images, const EraseOptions& options, Generator& generator);

/// A smooth free-form deformation: a cubic B-spline displacement field over a coarse lattice of normal draws
/// (Rueckert et al. 1999, as an augmentation: Simard et al. 2003).
struct ElasticOptions {
  double amplitude = 0.15;  ///< standard deviation of a control point, in half extents of the image; 0: none
  int64_t cells = 4;        ///< lattice cells per axis: few bend the shape, many wrinkle it
};
/// Elastically deformed images of the same size; outside the image is 0.
INFOGRAD_API Tensor random_elastic(const Tensor& images, const ElasticOptions& options, Generator& generator);

/// x + std * normal noise.
INFOGRAD_API Tensor add_noise(const Tensor& images, double std, Generator& generator);

/// What makes one view for contrastive learning: affine, elastic and crop in a single resampling, then
/// erasing and noise.
struct ViewOptions {
  AffineOptions affine{};
  CropOptions crop{.area_min = 0.6};
  ElasticOptions elastic{.amplitude = 0};
  EraseOptions erase{.probability = 0};
  double noise = 0;
};
/// One random view of each image.
INFOGRAD_API Tensor random_view(const Tensor& images, const ViewOptions& options, Generator& generator);

}  // namespace infograd::data
