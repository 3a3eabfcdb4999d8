// Images of 32 x 32 pixels.
#pragma once

#include <string>

#include <infograd/infograd.h>

#include "options.h"

namespace mige_dim {

namespace ig = infograd;
using ig::Tensor;

struct Images {
  ig::data::Dataset train, test;  ///< images u8 [N, C, 32, 32], labels i64 [N]
  std::string name;
  int64_t channels() const { return train.images.size(1); }
};
/// Digits with a margin of zeros, or CIFAR-10. Throws IoError.
Images load_images(const Options& options);

/// The first `count` images, 0: all.
ig::data::Dataset first(const ig::data::Dataset& dataset, int64_t count);

}  // namespace mige_dim
