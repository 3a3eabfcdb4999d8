// Estimate: the one way in which a loss or an estimator of infograd reports a number.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include <infograd/core/export.h>

namespace infograd::losses {

/// What the *expectation* of an estimate is, given ideal inputs (an optimal critic, an exact model).
enum class Kind : uint8_t {
  lower,    ///< at most the mutual information
  upper,    ///< at least the mutual information
  neither,  ///< an estimate of it without a guarantee
  not_mi    ///< another quantity, for example a Jensen-Shannon divergence
};

/// Warnings; an Estimate carries a set of them. Those marked (validity) turn its kind lower or upper into
/// neither.
enum class Flag : uint32_t {
  no_negatives = 1U << 0U,           ///< a row or the batch has no allowed negative (validity)
  near_cap = 1U << 1U,               ///< cap - nats < 0.5
  finite_sample_bias_up = 1U << 2U,  ///< the log of a batch mean is part of the value
  low_ess = 1U << 3U,                ///< fewer than 10 effective negatives decide the partition
  ema_mismatch = 1U << 4U,           ///< |log of batch partition over EMA| > 1
  exp_clamped = 1U << 5U,            ///< the guarded exponential left its exact range (validity)
  clipped_fraction = 1U << 6U,       ///< more than a quarter of the negatives hit the SMILE clip
  q_worse_than_marginal = 1U << 7U,  ///< the conditional model scores below the marginal one (validity)
  bounds_inverted = 1U << 8U,        ///< a lower bound exceeds an upper one by 3 standard errors (validity)
  looks_deterministic = 1U << 9U,    ///< MI is probably infinite (validity)
  negatives_biased = 1U << 10U,      ///< negatives are not draws from the product of marginals (validity)
  constant_input = 1U << 11U,        ///< (validity)
  ties = 1U << 12U,                  ///< repeated values in data taken as continuous
  singleton_class = 1U << 13U,       ///< (validity)
  small_batch_marginal = 1U << 14U,  ///< (validity)
  clamped_ratio = 1U << 15U,         ///< (validity)
  nonfinite_input = 1U << 16U        ///< NaN or infinity among the inputs; loss and estimate are 0 (validity)
};

/// A value in nats with what is known about it.
struct INFOGRAD_API Estimate {
  double nats = 0;
  Kind kind = Kind::neither;
  double cap = std::numeric_limits<double>::infinity();         ///< largest value it can take
  double std_error = std::numeric_limits<double>::quiet_NaN();  ///< NaN where it is not defined
  int64_t n_pos = 0;
  int64_t n_neg = 0;
  uint32_t flags = 0;  ///< union of Flag

  bool has(Flag flag) const { return (flags & static_cast<uint32_t>(flag)) != 0; }
  /// Adds a flag; a validity flag turns lower and upper into neither.
  void raise(Flag flag);
  /// False for quantities that are not mutual information at all.
  bool is_mi() const { return kind != Kind::not_mi; }
  /// Pairs per batch that would bring the cap (the log of a batch size) one nat above this value.
  double needed_pairs() const;
};

/// "1.3864 nats +- 0.2146, lower bound, 3 pairs, 6 negatives [finite_sample_bias_up low_ess]"
INFOGRAD_API std::string to_string(const Estimate& estimate);
/// "lower bound", "upper bound", "estimate", "not MI".
INFOGRAD_API std::string to_string(Kind kind);
/// Flag names, separated by blanks; empty for none.
INFOGRAD_API std::string flag_names(uint32_t flags);
/// For display only: no loss returns bits.
inline double to_bits(double nats) {
  return nats / 0.69314718055994530942;
}

}  // namespace infograd::losses
