// Private: what the losses on class scores ask of their arguments.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <infograd/core/tensor.h>

namespace infograd::losses {

/// logits [N, C] f32 or f64 with N >= 1, C >= 2; labels [N] i64 in 0 .. C-1. Returns the labels for kernels:
/// off the CPU nobody waits for the check, and 0 stands for a label out of range. `loss` is static.
Tensor check_classifier(std::string_view loss, const Tensor& logits, const Tensor& labels);
/// The same, and how often each label occurs: the labels are read on the host.
std::vector<int64_t> checked_counts(std::string_view loss, const Tensor& logits, const Tensor& labels);
/// Throws ValueError where `values`, made of the logits, hold a NaN; off the CPU later.
void check_no_nan(std::string_view loss, const Tensor& logits, const Tensor& values);
/// Throws ValueError unless a weight is finite and not negative.
void check_weight(std::string_view loss, std::string_view name, double weight);

}  // namespace infograd::losses
