// Softmax, log-softmax and the fused cross-entropy: one kernel forward, one backward, public ops for second
// derivatives.
#include <limits>

#include <infograd/backends/late_checks.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/layout.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/softmax.h>
#include <infograd/ops/support.h>

namespace infograd {
namespace {

/// The gradients of both through public ops, for second derivatives.
Tensor composed_softmax_grad(const Tensor& g, const Tensor& y, int axis, bool log) {
  if (!log) return y * (g - sum(g * y, {axis}, true));
  // A slice that is all -inf has no distribution: its gradient is 0.
  const Tensor dead = eq(max(y.detach(), {axis}, true), -std::numeric_limits<double>::infinity());
  return masked_fill(g - exp(y) * sum(g, {axis}, true), dead, 0);
}

Tensor softmax_family(const Tensor& x, int axis_given, bool log) {
  const char* op = log ? "log_softmax" : "softmax";
  check_floating(op, "x", x);
  if (x.rank() == 0) return reshape(softmax_family(reshape(x, {1}), axis_given, log), {});
  const int axis = normalize_axis(axis_given, x.rank(), op);
  Tensor y = detail::empty_like_layout(x, x.dtype());
  {
    const trace::Call call(op);
    backend_for(x.device()).softmax(View(y), ConstView(x), axis, log);
  }
  if (grad_needed({&x})) {
    record(y, op, {&x}, [y = SavedOutput(y), axis, log](const Tensor& g) {
      const Tensor result = y.get();
      if (grad_enabled()) return composed_softmax_grad(g, result, axis, log);
      Tensor dx = detail::empty_like_layout(result, result.dtype());
      const trace::Call call("softmax_grad");
      backend_for(g.device()).softmax_grad(View(dx), ConstView(g), ConstView(result), axis, log);
      return dx;
    });
  }
  return y;
}

void check_cross_entropy(const Tensor& logits, const Tensor& labels,
                         const SoftmaxCrossEntropyOptions& options) {
  const char* op = "softmax_cross_entropy";
  check_floating(op, "logits", logits);
  check_defined(op, "labels", labels);
  if (labels.dtype() != DType::i64) {
    fail<DTypeError>(
        "{}: labels are {}, they must be i64 class indices; for one-hot or soft targets use the form of "
        "losses::cross_entropy that takes probabilities",
        op, describe(labels));
  }
  if (labels.device() != logits.device()) {
    fail<DeviceError>("{}: logits are on {}, labels on {}; move one with .to(device)", op,
                      to_string(logits.device()), to_string(labels.device()));
  }
  if (logits.rank() != 2 || labels.rank() != 1 || labels.size(0) != logits.size(0) || logits.size(1) < 1) {
    fail<ShapeError>("{}: logits {} and labels {} do not fit: logits are [N, C] with C >= 1, labels [N]", op,
                     describe(logits), describe(labels));
  }
  const Tensor& weight = options.class_weight;
  if (weight.defined()) {
    check_same(op, logits, weight);
    if (weight.rank() != 1 || weight.size(0) != logits.size(1)) {
      fail<ShapeError>("{}: class_weight {} does not fit logits {}: one weight per class, [{}]", op,
                       describe(weight), describe(logits), logits.size(1));
    }
    check<ValueError>(!weight.requires_grad(),
                      "{}: class_weight is a constant and gets no gradient; detach it", op);
  }
  check<ValueError>(options.smoothing >= 0 && options.smoothing < 1, "{}: smoothing {} is outside [0, 1)", op,
                    options.smoothing);
}

/// The labels, checked and packed. On the CPU two reductions in the usual case; the host looks for the
/// culprit only when they find something odd. Elsewhere nobody waits: what is wrong is reported later.
Tensor checked_labels(const Tensor& labels, int64_t classes, int64_t ignore_index) {
  if (labels.numel() == 0) return packed(labels);
  NoGrad off;
  if (!labels.device().is_cpu()) {
    const Tensor out = empty(labels.shape(), DType::i64, labels.device());
    late::check_indices({.op = "softmax_cross_entropy",
                         .what = "label",
                         .highest = classes - 1,
                         .allowed = ignore_index,
                         .hint = "labels that count from 1 are the usual cause"},
                        View(out), ConstView(labels), labels.device());
    return out;
  }
  if (min(labels).item<int64_t>() >= 0 && max(labels).item<int64_t>() < classes) return packed(labels);
  const std::vector<int64_t> values = labels.to_vector<int64_t>();
  for (size_t row = 0; row < values.size(); ++row) {
    const int64_t label = values[row];
    check<ValueError>(
        (label >= 0 && label < classes) || label == ignore_index,
        "softmax_cross_entropy: label {} in row {} is outside 0..{} and is not ignore_index {}; labels that "
        "count from 1 are the usual cause",
        label, row, classes - 1, ignore_index);
  }
  return packed(labels);
}

/// The gradient of row n is g_n (softmax(z_n) * sum_c t_nc - t_n) with the smoothed and weighted target t.
Tensor composed_cross_entropy_grad(const Tensor& g, const Tensor& logits, const Tensor& labels,
                                   const SoftmaxCrossEntropyOptions& options) {
  const int64_t classes = logits.size(1);
  const double smoothing = options.smoothing;
  Tensor target = one_hot(labels, classes, logits.dtype(), OutOfRange::zero);
  target = affine(target, 1 - smoothing, smoothing / static_cast<double>(classes));
  // (1 - s) w_y [c = y] + s / C w_c: both terms carry the weight of their own class.
  if (options.class_weight.defined()) target = target * options.class_weight;
  target = masked_fill(target, unsqueeze(eq(labels, static_cast<double>(options.ignore_index)), 1), 0);
  return unsqueeze(g, 1) * (softmax(logits) * sum(target, {1}, true) - target);
}

}  // namespace

Tensor softmax(const Tensor& x, int axis) {
  return softmax_family(x, axis, false);
}
Tensor log_softmax(const Tensor& x, int axis) {
  return softmax_family(x, axis, true);
}

Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& labels_given,
                             const SoftmaxCrossEntropyOptions& options_given) {
  check_cross_entropy(logits, labels_given, options_given);
  const Tensor labels = checked_labels(labels_given, logits.size(1), options_given.ignore_index);
  SoftmaxCrossEntropyOptions options = options_given;
  options.class_weight = packed(options.class_weight);

  const Shape rows{logits.size(0)};
  Tensor loss = empty(rows, logits.dtype(), logits.device());
  const Tensor lse = empty(rows, DType::f64, logits.device());  // large logits would round it in their type
  CrossEntropyArgs args;
  args.labels = ConstView(labels);
  args.weight = ConstView(options.class_weight);
  args.loss = View(loss);
  args.lse = View(lse);
  args.smoothing = options.smoothing;
  args.ignore_index = options.ignore_index;
  {
    const trace::Call call("softmax_cross_entropy");
    const Tensor rows_in_order = packed(logits);
    args.logits = ConstView(rows_in_order);
    backend_for(logits.device()).cross_entropy(args);
  }
  if (grad_needed({&logits})) {
    record(loss, "softmax_cross_entropy", {&logits},
           [logits = Saved(logits), labels = Saved(labels), lse, options](const Tensor& g) {
             const Tensor z = logits.get();
             if (grad_enabled()) return composed_cross_entropy_grad(g, z, labels.get(), options);
             const Tensor z_in_order = packed(z), y = labels.get(), g_in_order = packed(g);
             Tensor dlogits = empty(z.shape(), z.dtype(), z.device());
             CrossEntropyArgs backward;
             backward.logits = ConstView(z_in_order);
             backward.labels = ConstView(y);
             backward.weight = ConstView(options.class_weight);
             backward.lse = View(lse);
             backward.grad = ConstView(g_in_order);
             backward.dlogits = View(dlogits);
             backward.smoothing = options.smoothing;
             backward.ignore_index = options.ignore_index;
             const trace::Call call("softmax_cross_entropy_grad");
             backend_for(z.device()).cross_entropy_grad(backward);
             return dlogits;
           });
  }
  return loss;
}

}  // namespace infograd
