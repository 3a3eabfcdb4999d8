// Private to nn/data: the displacement field behind random_elastic.
#pragma once

#include <infograd/nn/data/transforms.h>

namespace infograd::data {

/// Throws ValueError for a negative amplitude or fewer than one cell.
void check_elastic(const char* op, const ElasticOptions& options);

/// Displacements f32 [batch, height, width, 2] (x, y) in [-1, 1] coordinates, one field per image.
Tensor elastic_field(const ElasticOptions& options, int64_t batch, int64_t height, int64_t width,
                     Generator& generator);

}  // namespace infograd::data
