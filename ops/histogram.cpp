// Fuzzy joint histograms: checks, rows, and the one recorded kernel; entropy.
#include <algorithm>
#include <cmath>

#include <infograd/backends/late_checks.h>
#include <infograd/backends/waits.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/histogram_rows.h>
#include <infograd/ops/layout.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/support.h>

namespace infograd {
namespace {

constexpr const char* kOp = "fuzzy_joint_histogram";
constexpr int kMostBins = 256;

void check_f32_or_f64(std::string_view op, std::string_view argument, const Tensor& x) {
  if (x.dtype() == DType::f32 || x.dtype() == DType::f64) [[likely]]
    return;
  fail<DTypeError>(
      "{}: {} {} is neither f32 nor f64: histograms and logarithms never run in half precision; convert with "
      "to(DType::f32) first",
      op, argument, describe(x));
}

void check_inputs(const Tensor& x, const Tensor& y) {
  check_defined(kOp, "x", x);
  check_defined(kOp, "y", y);
  check_same(kOp, x, y);
  check_f32_or_f64(kOp, "x", x);
  check<ShapeError>(x.shape() == y.shape(), "{}: x {} and y {} must have the same shape", kOp, describe(x),
                    describe(y));
  check<ShapeError>(x.rank() > 0 && x.numel() > 0,
                    "{}: x {} must be [M], [B, M] or [B, C, spatial...] with at least one value", kOp,
                    describe(x));
}

/// Not inlined: vectorising a pair of these, GCC 12 drops both conversions.
[[gnu::noinline]] double rounded(double value, DType dtype) {
  return dtype == DType::f32 ? static_cast<double>(static_cast<float>(value)) : value;
}

/// The bins of the kernel, in the precision of the values: hi is then reached by the value hi itself.
FuzzyBins checked_bins(const FuzzyHistogramOptions& o, DType dtype) {
  const FuzzyBins bins{.membership = o.membership,
                       .count = o.bins,
                       .lo = rounded(o.lo, dtype),
                       .hi = rounded(o.hi, dtype),
                       .sigma = o.sigma_bins,
                       .pad = o.bspline_pad};
  check<ValueError>(bins.pad == 1 || bins.pad == 2, "{}: bspline_pad = {} must be 1 or 2", kOp, bins.pad);
  const int fewest = o.membership == Membership::cubic_bspline ? 2 * bins.pad + 2 : 2;
  check<ValueError>(bins.count >= fewest && bins.count <= kMostBins, "{}: {} bins, but {} takes {} to {}",
                    kOp, bins.count, fewest == 2 ? "this membership" : "a B-spline of this pad", fewest,
                    kMostBins);
  // A normal width has a finite reciprocal.
  check<ValueError>(bins.hi > bins.lo && std::isnormal(bins.hi - bins.lo),
                    "{}: lo = {} and hi = {} must be finite, lo < hi, and hi - lo must neither overflow nor "
                    "vanish in {}",
                    kOp, o.lo, o.hi, name(dtype));
  check<ValueError>(bins.sigma >= 0.2 && bins.sigma <= 4, "{}: sigma_bins = {} is outside [0.2, 4]", kOp,
                    bins.sigma);
  return bins;
}

/// x as [R, M].
Tensor as_rows(const Tensor& x, Pooling pooling) {
  const int64_t batch = x.rank() == 1 ? 1 : x.size(0);
  const int64_t rows = pooling == Pooling::batch                         ? 1
                       : pooling == Pooling::per_channel && x.rank() > 2 ? batch * x.size(1)
                                                                         : batch;
  return reshape(x.contiguous(), {rows, x.numel() / rows});
}

void check_found(const Tensor& first_bad, const Tensor& x, const Tensor& y) {
  if (!first_bad.device().is_cpu()) {  // nobody waits
    const Tensor out = empty({3}, DType::i64, first_bad.device());
    return late::check_indices(
        {.op = kOp,
         .what = "NaN in x or y, or a weight of the mask that is negative or not finite",
         .lowest = -1,
         .highest = -1,
         .position = true},
        View(out), ConstView(first_bad), first_bad.device());
  }
  const std::vector<int64_t> bad = first_bad.to_vector<int64_t>();
  for (size_t k = 0; k < 2; ++k)
    check<ValueError>(bad[k] < 0,
                      "{}: {} {} holds NaN, first at element {} (row-major); the network that made it has "
                      "usually diverged",
                      kOp, k == 0 ? "x" : "y", describe(k == 0 ? x : y), bad[k]);
  check<ValueError>(bad[2] < 0,
                    "{}: the weight of element {} (row-major) of the mask is negative or not finite", kOp,
                    bad[2]);
}

/// A histogram is divided by the weight of its row, a gradient multiplied by the reciprocal.
void check_divisible(const std::vector<double>& weights) {
  constexpr double kLeast = 1e-300;
  for (size_t row = 0; row < weights.size(); ++row)
    check<ValueError>(
        weights[row] == 0 || (weights[row] >= kLeast && std::isfinite(weights[row])),
        "{}: the weights of the mask add up to {} in row {}, which is infinite or below {}; only "
        "their ratios matter, so divide the mask by its largest value",
        kOp, weights[row], row, kLeast);
}

/// Number of empty rows; throws where the options say so.
int64_t count_empty(const Tensor& total, const FuzzyHistogramOptions& options) {
  if (!options.mask.defined()) return 0;
  const waits::Reason reason(kOp);
  const std::vector<double> weights = total.to_vector<double>();
  check_divisible(weights);
  const auto empty = static_cast<int64_t>(std::count(weights.begin(), weights.end(), 0.0));
  if (options.on_empty == OnEmpty::raise)
    check<ValueError>(
        empty == 0,
        "{}: the mask leaves {} of {} rows empty; OnEmpty::skip leaves such rows out, but a warp "
        "that left the frame should not be rewarded",
        kOp, empty, weights.size());
  check<ValueError>(empty < total.numel(), "{}: the mask leaves all of {} rows empty", kOp, weights.size());
  return empty;
}

}  // namespace

namespace detail {

Tensor mask_rows(const Tensor& x, const FuzzyHistogramOptions& options) {
  const Tensor& mask = options.mask;
  if (!mask.defined()) return {};
  check_same_device(kOp, x, mask);
  check<DTypeError>(mask.dtype() == x.dtype() || mask.dtype() == DType::b8,
                    "{}: mask {} must be b8 or have the dtype of x {}", kOp, describe(mask), describe(x));
  check<ValueError>(!mask.requires_grad(), "{}: mask {} requires a gradient, but is a constant; detach it",
                    kOp, describe(mask));
  Shape one_channel = x.shape();
  if (x.rank() > 2) one_channel[1] = 1;
  check<ShapeError>(mask.shape() == x.shape() || mask.shape() == one_channel,
                    "{}: mask {} must have the shape of x {} or {}", kOp, describe(mask), describe(x),
                    one_channel);
  return as_rows(expand(mask.to(x.dtype()), x.shape()), options.pooling);
}

FuzzyHistogram unpack(const Tensor& packed, int64_t bins) {
  const int64_t cells = bins * bins;
  return {.p = slice(packed, 1, cells, cells + bins),
          .q = slice(packed, 1, cells + bins),
          .joint = reshape(slice(packed, 1, 0, cells), {packed.size(0), bins, bins})};
}

HistogramRows histogram_rows(const Tensor& x_given, const Tensor& y_given,
                             const FuzzyHistogramOptions& options) {
  check_inputs(x_given, y_given);
  const FuzzyBins bins = checked_bins(options, x_given.dtype());
  const Tensor x = as_rows(x_given, options.pooling);
  const Tensor y = as_rows(options.stop_grad_y ? y_given.detach() : y_given, options.pooling);
  const Tensor weight = mask_rows(x_given, options);
  const auto arguments = [bins, tnorm = options.tnorm, crisp_y = options.crisp_y](
                             const Tensor& a, const Tensor& b, const Tensor& w, const Tensor& total) {
    FuzzyHistogramArgs args;
    args.x = ConstView(a);
    args.y = ConstView(b);
    args.weight = ConstView(w);
    args.bins = bins;
    args.crisp_y = crisp_y;
    args.tnorm = tnorm;
    args.total = View(total);
    return args;
  };

  const int64_t n = bins.count;
  Tensor packed = empty({x.size(0), n * n + 2 * n}, DType::f64, x.device());
  const Tensor total = empty({x.size(0)}, DType::f64, x.device());
  const Tensor first_bad = empty({3}, DType::i64, x.device());
  {
    FuzzyHistogramArgs args = arguments(x, y, weight, total);
    args.out = View(packed);
    args.first_bad = View(first_bad);
    const trace::Call call("fuzzy_histogram");
    backend_for(x.device()).fuzzy_histogram(args);
  }
  check_found(first_bad, x_given, y_given);
  const int64_t empty_rows = count_empty(total, options);
  if (grad_needed({&x, &y})) {
    record(
        packed, kOp, {&x, &y},
        [arguments, x = Saved(x), y = Saved(y), weight = saved_if(weight.defined(), weight), total](
            const Tensor& g, Needs needs) {
          const Tensor a = x.get(), b = y.get(), seed = g.contiguous();
          const Tensor w = weight.defined() ? weight.get() : Tensor();
          const Tensor dx = needs[0] ? empty_like(a) : Tensor(), dy = needs[1] ? empty_like(b) : Tensor();
          FuzzyHistogramArgs args = arguments(a, b, w, total);
          args.grad = ConstView(seed);
          args.dx = optional_view(dx);
          args.dy = optional_view(dy);
          const trace::Call call("fuzzy_histogram_grad");
          backend_for(a.device()).fuzzy_histogram_grad(args);
          return Grads{dx, dy};
        },
        SecondOrder::no);
  }
  return {.packed = packed, .total = total, .empty = empty_rows, .pixels = x.size(1)};
}

}  // namespace detail

FuzzyHistogram fuzzy_joint_histogram(const Tensor& x, const Tensor& y, const FuzzyHistogramOptions& options) {
  const Tensor packed = detail::histogram_rows(x, y, options).packed;
  return detail::unpack(packed.to(x.dtype()), options.bins);
}

Tensor entropy(const Tensor& p, double log_floor) {
  check_defined("entropy", "p", p);
  check_f32_or_f64("entropy", "p", p);
  check<ShapeError>(p.rank() > 0, "entropy: p {} has no axis to sum over", describe(p));
  check<ValueError>(log_floor > 0, "entropy: log_floor = {} must be positive", log_floor);
  Tensor h;
  {
    const NoGrad value_only;
    const double smallest = p.dtype() == DType::f32 ? 1e-37 : 1e-300;  // times p = 0 it leaves an exact 0
    h = neg(sum(p * log(clamp(p, smallest, HUGE_VAL)), {-1}));
  }
  if (grad_needed({&p})) {
    record(h, "entropy", {&p}, [p = Saved(p), log_floor](const Tensor& g) {
      return Grads(unsqueeze(g, -1) * neg(log(clamp(p.get(), log_floor, HUGE_VAL)) + 1.0));
    });
  }
  return h;
}

}  // namespace infograd
