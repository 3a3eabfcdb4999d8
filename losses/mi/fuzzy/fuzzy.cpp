#include <cmath>
#include <limits>

#include <infograd/autograd/record.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/fuzzy/fuzzy_rows.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/histogram_rows.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

constexpr double kVanishing = 1e-12;

/// One number per row becomes the loss; `full` (b8 [R], or undefined when no row is empty) tells the rows
/// apart.
Tensor combine(const Tensor& rows, const Tensor& full, Reduction reduction) {
  if (!full.defined()) return reduced(rows, reduction);
  const Tensor kept = where(full, rows, 0.0);
  if (reduction != Reduction::mean) return reduced(kept, reduction);
  return sum(kept) / sum(full.detach().to(rows.dtype()));
}

/// A histogram that is not empty has marginals that sum to 1.
Tensor full_rows(const Tensor& p) {
  return gt(sum(p.detach(), {1}), 0.5);
}

/// The value by ordinary ops, the gradient in closed form: one node for a dozen.
Tensor fused_rows(const Tensor& packed, int64_t bins, const FuzzyMiOptions& options) {
  Tensor rows;
  {
    const NoGrad value_only;
    rows = fuzzy_rows(detail::unpack(packed, bins), options);
  }
  if (grad_needed({&packed})) {
    record(
        rows, "fuzzy_mi_loss", {&packed},
        [packed = Saved(packed), bins, options](const Tensor& g) {
          const NoGrad once;
          const FuzzyHistogram by = fuzzy_slopes(detail::unpack(packed.get(), bins), options);
          return Grads(concat({flatten(by.joint, 1), by.p, by.q}, 1) * unsqueeze(g, 1));
        },
        SecondOrder::no);
  }
  return rows;
}

/// Fraction of the values with positive weight that lie outside [lo, hi].
double out_of_range(const Tensor& x, const Tensor& y, const FuzzyHistogramOptions& options) {
  const Tensor mask = detail::mask_rows(x, options);
  const Tensor counted = mask.defined() ? reshape(gt(mask, 0), {mask.numel()}) : Tensor();
  double outside = 0;
  for (const Tensor* values : {&x, &y}) {
    const Tensor far = logical_or(lt(*values, options.lo), gt(*values, options.hi)).contiguous();
    const Tensor flat = reshape(far, {far.numel()});
    outside += mean_of((counted.defined() ? logical_and(flat, counted) : flat).to(DType::f64));
  }
  const double share = counted.defined() ? mean_of(counted.to(DType::f64)) : 1;
  return outside / (2 * share);
}

/// Means over the full rows of what the tables say, and the standard error of I over them.
struct Summary {
  FuzzyMiReport report;
  double cap = 0, std_error = 0;
};

Summary summarize(const FuzzyHistogram& given, const FuzzyMiOptions& options) {
  const NoGrad numbers_only;
  const Tensor chosen = full_rows(given.p).to(DType::f64);
  const double count = sum(chosen).item();
  const auto average = [&](const Tensor& rows) { return sum(rows * chosen).item() / count; };
  const auto loss = [&](FuzzyMiLoss which) {
    FuzzyMiOptions other = options;
    other.loss = which;
    return average(fuzzy_rows(given, other));
  };
  const FuzzyHistogram h = as_distribution(given, options.histogram.tnorm);
  const Entropies e(h, options.log_floor);
  Summary s;
  s.report.h_x = average(e.x);
  s.report.h_y = average(e.y);
  s.report.h_xy = average(e.xy);
  s.report.mi = average(e.mi());
  s.report.trace = average(sum(joint_diagonal(given.joint), {1}));
  s.report.tv = average(sum(abs(given.p - given.q), {1}) * 0.5);
  s.report.lmi = loss(FuzzyMiLoss::lmi);
  s.report.rajski = loss(FuzzyMiLoss::rajski);
  s.report.occupied_cells = average(sum(gt(given.joint, 0).to(DType::f64), {1, 2}));
  s.report.empty_rows = given.p.size(0) - static_cast<int64_t>(count);
  s.cap = average(minimum(e.x, e.y));
  const double variance = average(square(e.mi() - s.report.mi));
  s.std_error = count < 2 ? std::numeric_limits<double>::quiet_NaN() : std::sqrt(variance / (count - 1));
  return s;
}

void fill(Estimate* estimate, const FuzzyHistogram& h, const FuzzyMiOptions& options, int64_t pairs) {
  if (estimate == nullptr) return;
  const Summary s = summarize(h, options);
  *estimate = {.nats = s.report.mi, .kind = Kind::neither, .cap = s.cap, .std_error = s.std_error};
  estimate->n_pos = pairs;
  if (s.report.h_x < kVanishing && s.report.h_y < kVanishing) estimate->raise(Flag::constant_input);
}

}  // namespace

Tensor fuzzy_mi_loss(const Tensor& x, const Tensor& y, const FuzzyMiOptions& options) {
  check_positive("fuzzy_mi_loss", "log_floor", options.log_floor);
  const detail::HistogramRows rows = detail::histogram_rows(x, y, options.histogram);
  const int64_t bins = options.histogram.bins;
  fill(options.report, detail::unpack(rows.packed.detach(), bins), options, x.numel());
  const Tensor full = rows.empty > 0 ? gt(rows.total, 0) : Tensor();
  return combine(fused_rows(rows.packed, bins, options), full, options.reduction).to(x.dtype());
}

Tensor fuzzy_mi_loss(const FuzzyHistogram& given, const FuzzyMiOptions& options) {
  check_positive("fuzzy_mi_loss", "log_floor", options.log_floor);
  check_same("fuzzy_mi_loss", given.p, given.q);
  check_same("fuzzy_mi_loss", given.p, given.joint);
  check<ShapeError>(given.p.rank() == 2 && given.q.shape() == given.p.shape() &&
                        given.joint.shape() == Shape{given.p.size(0), given.p.size(1), given.p.size(1)},
                    "fuzzy_mi_loss: p {}, q {} and joint {} must be [R, N], [R, N] and [R, N, N]",
                    describe(given.p), describe(given.q), describe(given.joint));
  const FuzzyHistogram h{
      .p = given.p.to(DType::f64), .q = given.q.to(DType::f64), .joint = given.joint.to(DType::f64)};
  fill(options.report, h, options, 0);
  return combine(fuzzy_rows(h, options), full_rows(h.p), options.reduction).to(given.p.dtype());
}

FuzzyMiReport fuzzy_mi_report(const Tensor& x, const Tensor& y, const FuzzyMiOptions& options) {
  const NoGrad no_graph;
  const detail::HistogramRows rows = detail::histogram_rows(x, y, options.histogram);
  Summary s = summarize(detail::unpack(rows.packed, options.histogram.bins), options);
  s.report.out_of_range = out_of_range(x, y, options.histogram);
  return s.report;
}

}  // namespace infograd::losses
