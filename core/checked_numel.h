// Private: the size of a shape that a caller asks for.
#pragma once

#include <cstdint>
#include <string_view>

#include <infograd/core/export.h>
#include <infograd/core/shape.h>

namespace infograd {

/// Number of elements; throws ShapeError naming `op` for a negative extent or 2^63 elements and more.
INFOGRAD_API int64_t checked_numel(const Shape& shape, std::string_view op);

}  // namespace infograd
