// Photographs from files.
#pragma once

#include <string>

#include <infograd/core/tensor.h>

namespace shared {

/// A PNG as grey values f32 [H, W] in [0, 1]. Throws IoError.
infograd::Tensor read_grey_png(const std::string& path);

}  // namespace shared
