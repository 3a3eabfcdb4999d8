#include <limits>

#include <infograd/losses/mi/fuzzy/fuzzy_rows.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

constexpr double kVanishing = 1e-12;  ///< nats; below it a normalised loss has nothing to normalise by
constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool uses_raw_diagonal(FuzzyMiLoss loss) {
  return loss == FuzzyMiLoss::lmi || loss == FuzzyMiLoss::lmi_squared;
}

/// [R] -> [R, 1] and [R, 1, 1].
Tensor per_bin(const Tensor& x) {
  return unsqueeze(x, -1);
}
Tensor per_cell(const Tensor& x) {
  return unsqueeze(per_bin(x), -1);
}
/// p_i and q_j as they meet P_ij.
Tensor down(const Tensor& p) {
  return unsqueeze(p, 2);
}
Tensor across(const Tensor& q) {
  return unsqueeze(q, 1);
}

/// 1 - a / b; 0 where b vanishes.
Tensor one_minus_ratio(const Tensor& a, const Tensor& b) {
  const Tensor usable = ge(b, kVanishing);
  return where(usable, 1.0 - a / where(usable, b, 1.0), 0.0);
}
/// a / b; 0 where b vanishes.
Tensor ratio(const Tensor& a, const Tensor& b) {
  const Tensor usable = ge(b, kVanishing);
  return where(usable, a / where(usable, b, 1.0), 0.0);
}

/// a / b; 0 where b = 0.
Tensor quotient(const Tensor& a, const Tensor& b) {
  const Tensor positive = gt(b, 0);
  return where(positive, a / where(positive, b, 1.0), 0.0);
}

/// d loss / d (H_x, H_y, H_xy).
struct EntropySlopes {
  Tensor x, y, xy;
};

EntropySlopes entropy_slopes(FuzzyMiLoss loss, const Entropies& h) {
  const Tensor one = ones_like(h.xy), sum = h.x + h.y;
  switch (loss) {
    case FuzzyMiLoss::entropy_gap: {
      const Tensor x_smaller = sign(h.y - h.x);  // 1, -1, and 0 at a tie: half to each
      return {(x_smaller + 1.0) * (-1.0 / 3), (1.0 - x_smaller) * (-1.0 / 3), one * (2.0 / 3)};
    }
    case FuzzyMiLoss::variation_of_information:
      return {-one, -one, one * 2.0};
    case FuzzyMiLoss::rajski: {
      const Tensor inverse = ratio(one, h.xy);
      return {-inverse, -inverse, sum * square(inverse)};
    }
    case FuzzyMiLoss::symmetric_uncertainty: {
      const Tensor inverse = ratio(one, sum), slope = h.xy * square(inverse) * -2.0;
      return {slope, slope, inverse * 2.0};
    }
    case FuzzyMiLoss::exp_neg_mi: {
      const Tensor slope = exp(-h.mi());
      return {-slope, -slope, slope};
    }
    default:  // neg_mi
      return {-one, -one, one};
  }
}

/// Of the loss by p, q and P of one distribution.
FuzzyHistogram distribution_slopes(const FuzzyHistogram& h, const FuzzyMiOptions& options) {
  const int64_t n = h.p.size(1);
  if (options.loss == FuzzyMiLoss::chi_square) {
    // P^2 / (p q) = (P / p) (P / q): no product of small numbers that underflows.
    const Tensor by_p = quotient(h.joint, expand(down(h.p), h.joint.shape()));
    const Tensor by_q = quotient(h.joint, expand(across(h.q), h.joint.shape()));
    const double scale = 1 / static_cast<double>(n - 1);
    return {.p = sum(by_p * quotient(by_p, expand(across(h.q), h.joint.shape())), {2}) * scale,
            .q = sum(by_q * quotient(by_q, expand(down(h.p), h.joint.shape())), {1}) * scale,
            .joint = quotient(by_p, expand(across(h.q), h.joint.shape())) * (-2 * scale)};
  }
  if (options.loss == FuzzyMiLoss::l1_dependence) {
    const Tensor s = sign(h.joint - down(h.p) * across(h.q));
    return {.p = sum(s * across(h.q), {2}), .q = sum(s * down(h.p), {1}), .joint = -s};
  }
  const EntropySlopes f = entropy_slopes(options.loss, Entropies(h, options.log_floor));
  const auto log_of = [&](const Tensor& x) { return log(clamp(x, options.log_floor, kInfinity)); };
  return {.p = -per_bin(f.x) * log_of(h.p),
          .q = -per_bin(f.y) * log_of(h.q),
          .joint = -per_cell(f.xy) * log_of(h.joint)};
}

}  // namespace

Tensor joint_diagonal(const Tensor& joint) {
  return slice(flatten(joint, 1), 1, 0, std::nullopt, joint.size(2) + 1);
}

FuzzyHistogram as_distribution(const FuzzyHistogram& h, TNorm tnorm) {
  if (tnorm == TNorm::product) return h;
  const Tensor joint = quotient(h.joint, expand(sum(h.joint, {1, 2}, true), h.joint.shape()));
  return {.p = sum(joint, {2}), .q = sum(joint, {1}), .joint = joint};
}

Entropies::Entropies(const FuzzyHistogram& h, double log_floor)
    : x(entropy(h.p, log_floor)), y(entropy(h.q, log_floor)), xy(entropy(flatten(h.joint, 1), log_floor)) {}

Tensor fuzzy_rows(const FuzzyHistogram& given, const FuzzyMiOptions& options) {
  if (uses_raw_diagonal(options.loss)) {
    const Tensor d = joint_diagonal(given.joint), gap = given.p - given.q;
    if (options.loss == FuzzyMiLoss::lmi)  // d <= min(p, q), so the three gaps add up to this
      return (sum(abs(gap), {1}) * 0.5 - sum(d, {1}) + 1.0) * (2.0 / 3);
    return sum(square(gap) + square(given.p - d) + square(given.q - d), {1}) * (1.0 / 3);
  }
  const FuzzyHistogram h = as_distribution(given, options.histogram.tnorm);
  if (options.loss == FuzzyMiLoss::chi_square) {
    const Tensor phi2 = sum(quotient(h.joint, expand(down(h.p), h.joint.shape())) *
                                quotient(h.joint, expand(across(h.q), h.joint.shape())),
                            {1, 2}) -
                        1.0;
    return 1.0 - phi2 / static_cast<double>(h.p.size(1) - 1);
  }
  if (options.loss == FuzzyMiLoss::l1_dependence) return -sum(abs(h.joint - down(h.p) * across(h.q)), {1, 2});
  const Entropies e(h, options.log_floor);
  switch (options.loss) {
    case FuzzyMiLoss::entropy_gap:
      return (e.xy - minimum(e.x, e.y)) * (2.0 / 3);
    case FuzzyMiLoss::variation_of_information:
      return e.xy * 2.0 - e.x - e.y;
    case FuzzyMiLoss::rajski:
      return one_minus_ratio(e.mi(), e.xy);
    case FuzzyMiLoss::symmetric_uncertainty:
      return one_minus_ratio(e.mi() * 2.0, e.x + e.y);
    case FuzzyMiLoss::exp_neg_mi:
      return exp(-e.mi());
    default:  // neg_mi
      return -e.mi();
  }
}

FuzzyHistogram fuzzy_slopes(const FuzzyHistogram& given, const FuzzyMiOptions& options) {
  if (uses_raw_diagonal(options.loss)) {
    const Tensor d = joint_diagonal(given.joint);
    const Tensor on_diagonal = eye(d.size(1), DType::f64, d.device());
    if (options.loss == FuzzyMiLoss::lmi) {
      const Tensor s = sign(given.p - given.q) * (1.0 / 3);
      return {.p = s, .q = -s, .joint = expand(on_diagonal * (-2.0 / 3), given.joint.shape())};
    }
    return {.p = (given.p * 2.0 - given.q - d) * (2.0 / 3),
            .q = (given.q * 2.0 - given.p - d) * (2.0 / 3),
            .joint = down((d * 2.0 - given.p - given.q) * (2.0 / 3)) * on_diagonal};
  }
  const FuzzyHistogram h = as_distribution(given, options.histogram.tnorm);
  const FuzzyHistogram by = distribution_slopes(h, options);
  if (options.histogram.tnorm == TNorm::product) return by;
  // Back through J / sum J, whose marginals are its own sums.
  const Tensor by_table = by.joint + down(by.p) + across(by.q);
  const Tensor along = sum(by_table * h.joint, {1, 2}, true), total = sum(given.joint, {1, 2}, true);
  return {.p = zeros_like(given.p),
          .q = zeros_like(given.q),
          .joint = quotient(by_table - along, expand(total, given.joint.shape()))};
}

}  // namespace infograd::losses
