// The images, and how two views of each are made.
#pragma once

#include <string>

#include <infograd/infograd.h>

#include "options.h"

namespace infomax {

struct Images {
  infograd::data::Dataset train, test;
  std::string source;  ///< "MNIST (directory)" or "synthetic digits"
};

/// Real MNIST or the embedded digits, as the options say.
Images load_images(const Options& options);

/// [2B, 1, 28, 28]: one random view of each image, then another one of each.
infograd::Tensor two_views(const infograd::Tensor& images, infograd::Generator& generator);

/// Batches of views of the training images, shuffled.
infograd::data::DataLoader view_loader(const Images& images, const Options& options);

}  // namespace infomax
