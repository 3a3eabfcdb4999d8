// Private: convolution as matrix products over unfolded images, for the types and shapes that oneDNN does not
// serve well.
#pragma once

#include <infograd/backends/backend.h>

namespace infograd {

/// Any pass of an f32 or f64 convolution. x and y dense channels-last; w and bias dense. Blocks of images are
/// accumulated in order. `backend` applies activations other than relu.
void im2col_conv(Backend& backend, const ConvArgs& args);

}  // namespace infograd
