// Which pairs of a batch count as negatives: declared, never implicit.
#pragma once

#include <cstdint>

#include <infograd/core/generator.h>
#include <infograd/core/tensor.h>

namespace infograd::losses {

/// The negatives of pair i among the K pairs of a batch. (Negatives from elsewhere: Scores::pairs.)
struct Negatives {
  enum class Policy : uint8_t {
    all_pairs,    ///< every j != i
    derangement,  ///< pi_1(i) .. pi_n(i), n = per_positive, uniform derangements drawn from `generator`
    label_aware   ///< every j with another label; never draws from the product of marginals: flag
                  ///< negatives_biased
  };
  Policy policy = Policy::all_pairs;
  Tensor labels{};                 ///< [K] i64, for label_aware
  int64_t per_positive = 1;        ///< for derangement
  Generator* generator = nullptr;  ///< for derangement; the default generator when null
};

/// A uniform permutation of 0..k-1 without fixed point, i64 [k], by rejection of shuffles. Throws ValueError
/// for k < 2.
INFOGRAD_API Tensor derangement(int64_t k, Generator& generator = default_generator(), Device device = cpu);
/// i -> (i + shift) mod k, i64 [k]: a derangement for any shift that is no multiple of k. Throws ValueError
/// otherwise.
INFOGRAD_API Tensor cyclic_derangement(int64_t k, int64_t shift = 1, Device device = cpu);

/// b8 [K, K]: true where (i, j) is NOT a negative pair under the policy; the diagonal always is.
INFOGRAD_API Tensor excluded_pairs(int64_t k, const Negatives& negatives = {}, Device device = cpu);

}  // namespace infograd::losses
