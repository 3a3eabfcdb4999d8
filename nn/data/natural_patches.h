// Photographs as grey images, and patches of them as columns: the data of sparse coding and ICA.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <infograd/core/tensor.h>

namespace infograd::data {

/// Every *.png of a folder in the order of the names, f64 [H, W]: grey (0.299 R + 0.587 G + 0.114 B), each
/// scaled to [0, 1] by its own extremes. Throws IoError when there is none, ValueError for an image of one
/// grey.
INFOGRAD_API std::vector<Tensor> load_grey_images(const std::string& folder);

/// Spectra times |f| exp(-(|f| / 0.4)^4), f in cycles per pixel: flattens the spectrum of photographs and
/// removes their finest detail (Olshausen and Field 1997). Scaled together to a mean variance of 0.1.
INFOGRAD_API std::vector<Tensor> olshausen_prefilter(const std::vector<Tensor>& images);

/// `count` patches of width x width pixels, row-major, as columns of f64 [width^2, count]: a uniform image,
/// then a uniform corner. Throws ValueError for a patch wider than an image.
INFOGRAD_API Tensor random_patches(const std::vector<Tensor>& images, int64_t width, int64_t count,
                                   uint64_t seed);

/// random_patches of load_grey_images.
INFOGRAD_API Tensor load_natural_patches(const std::string& folder, int64_t width, int64_t count,
                                         uint64_t seed);

}  // namespace infograd::data
