// A layer that starts from learned filters.
#pragma once

#include <infograd/nn/linear.h>

namespace infograd::nn {

struct FilterLayerOptions {
  double scale = 1;  ///< of every filter; beta / a makes the neurons of population infomax
  Tensor bias{};     ///< [K1] added after scaling; undefined: 0
  Activation activation = Activation::none;
};

/// A trainable Linear(K, K1), f32, that computes activation(scale W^T (x - mean) + bias) of rows x [.., K]:
/// filters W [K, K1] and mean of K elements, f32 or f64, from a fit of population infomax, PCA or ICA.
INFOGRAD_API Linear linear_from_filters(const Tensor& filters, const Tensor& mean,
                                        const FilterLayerOptions& options = {});

}  // namespace infograd::nn
