// CIFAR-10 as its authors publish it in binary: records of a label byte and 3 x 32 x 32 pixels, planes red,
// green, blue.
#pragma once

#include <string>

#include <infograd/nn/data/dataset.h>

namespace mige_dim {

/// images u8 [N, 3, 32, 32], labels i64 [N], from data_batch_1.bin .. data_batch_5.bin or test_batch.bin in
/// `dir` or `dir`/cifar-10-batches-bin. Throws IoError for a file that is missing, not a number of whole
/// records, or has a label above 9.
infograd::data::Dataset read_cifar10(const std::string& dir, infograd::data::Split split);

}  // namespace mige_dim
