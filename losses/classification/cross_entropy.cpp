#include <infograd/backends/late_checks.h>
#include <infograd/core/check.h>
#include <infograd/losses/classification/cross_entropy.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/softmax.h>

namespace infograd::losses {
namespace {

void check_class_weight(const char* op, const Tensor& class_weight, const Tensor& scores) {
  if (!class_weight.defined()) return;
  check_same(op, scores, class_weight);
  check<ShapeError>(class_weight.shape() == Shape{scores.size(1)},
                    "{}: class_weight {} for scores {}: one weight per class is needed", op,
                    describe(class_weight), describe(scores));
}

void check_labels(const char* op, const Tensor& scores, const Tensor& labels) {
  check_defined(op, "target", labels);
  check<DTypeError>(
      labels.dtype() == DType::i64,
      "{}: labels {} must be i64 class numbers (soft targets must have the shape of the scores {})", op,
      describe(labels), describe(scores));
  check<ShapeError>(labels.rank() == 1 && labels.size(0) == scores.size(0),
                    "{}: labels {} for scores {}: one label per row is needed", op, describe(labels),
                    describe(scores));
}

/// The labels, checked: gather would take a negative one for one that counts from the end. Off the CPU nobody
/// waits, and what is wrong is reported later.
Tensor in_range(const char* op, const Tensor& scores, const Tensor& labels, int64_t ignore_index) {
  if (!labels.device().is_cpu()) {
    const Tensor out = empty(labels.shape(), DType::i64, labels.device());
    late::check_indices({.op = op,
                         .what = "label",
                         .highest = scores.size(1) - 1,
                         .allowed = ignore_index,
                         .hint = "labels that count from 1 are the usual cause"},
                        View(out), ConstView(labels), labels.device());
    return out;
  }
  const Tensor ignored = eq(labels, static_cast<double>(ignore_index));
  const Tensor fits = logical_and(ge(labels, 0), lt(labels, static_cast<double>(scores.size(1))));
  if (all(logical_or(ignored, fits)).item() != 0) return labels;
  const std::vector<int64_t> values = labels.to_vector<int64_t>();
  for (size_t row = 0; row < values.size(); ++row)
    check<ValueError>(values[row] == ignore_index || (values[row] >= 0 && values[row] < scores.size(1)),
                      "{}: label {} in row {} is outside 0..{} and is not ignore_index {}; labels that count "
                      "from 1 are the usual cause",
                      op, values[row], row, scores.size(1) - 1, ignore_index);
  return labels;
}

void check_scores(const char* op, const char* argument, const Tensor& scores) {
  check_defined(op, argument, scores);
  check_floating(op, argument, scores);
  check<ShapeError>(scores.rank() == 2, "{}: {} {} must be [N, C]", op, argument, describe(scores));
}

/// Where labels count, as numbers of the scores' dtype; and the labels with 0 in place of the ignored ones.
struct Counted {
  Tensor labels, weight;
};
Counted counted(const Tensor& labels, int64_t ignore_index, const Tensor& class_weight,
                const Tensor& scores) {
  const Tensor ignored = eq(labels, static_cast<double>(ignore_index));
  const Tensor safe = masked_fill(labels, ignored, 0);
  const Tensor weight = class_weight.defined() ? index_select(class_weight.detach(), 0, safe)
                                               : ones(labels.shape(), scores.dtype(), scores.device());
  return {safe, masked_fill(weight, ignored, 0)};
}

/// Weighted mean of rows that already carry their weight; 0 when no row counts.
Tensor weighted(const Tensor& rows, const Tensor& weight, Reduction reduction) {
  if (reduction != Reduction::mean) return reduced(rows, reduction);
  const Tensor total = sum(weight);
  return sum(rows) / where(eq(total, 0), ones_like(total), total);
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  check_scores("cross_entropy", "logits", logits);
  check_defined("cross_entropy", "target", target);
  check_class_weight("cross_entropy", options.class_weight, logits);
  check<ValueError>(options.smoothing >= 0 && options.smoothing < 1,
                    "cross_entropy: smoothing {} is outside [0, 1)", options.smoothing);
  if (target.dtype() == DType::i64) {
    check_labels("cross_entropy", logits, target);
    const Tensor rows = softmax_cross_entropy(logits, target,
                                              {.class_weight = options.class_weight,
                                               .smoothing = options.smoothing,
                                               .ignore_index = options.ignore_index});
    if (options.reduction != Reduction::mean) return reduced(rows, options.reduction);
    return weighted(rows, counted(target, options.ignore_index, options.class_weight, logits).weight,
                    Reduction::mean);
  }
  check_same("cross_entropy", logits, target);
  check<ShapeError>(target.shape() == logits.shape(),
                    "cross_entropy: soft targets {} must have the shape of the logits {}", describe(target),
                    describe(logits));
  const auto classes = static_cast<double>(logits.size(1));
  const Tensor smooth =
      options.smoothing == 0 ? target : affine(target, 1 - options.smoothing, options.smoothing / classes);
  Tensor terms = smooth * log_softmax(logits, 1);
  if (options.class_weight.defined()) terms = terms * options.class_weight;
  return reduced(neg(sum(terms, {1})), options.reduction);
}

Tensor nll(const Tensor& log_probs, const Tensor& given, const NllOptions& options) {
  check_scores("nll", "log_probs", log_probs);
  check_labels("nll", log_probs, given);
  check_class_weight("nll", options.class_weight, log_probs);
  const Tensor labels = in_range("nll", log_probs, given, options.ignore_index);
  const Counted c = counted(labels, options.ignore_index, options.class_weight, log_probs);
  const Tensor chosen = squeeze(gather(log_probs, 1, unsqueeze(c.labels, 1)), 1);
  // An ignored row may hold -inf: leave it out instead of multiplying by 0.
  const Tensor rows =
      masked_fill(neg(chosen * c.weight), eq(labels, static_cast<double>(options.ignore_index)), 0);
  return weighted(rows, c.weight, options.reduction);
}

}  // namespace infograd::losses
