#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/backends/late_checks.h>
#include <infograd/backends/waits.h>
#include <infograd/core/check.h>
#include <infograd/losses/classification/checks.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses {

namespace {

void check_types(std::string_view loss, const Tensor& logits, const Tensor& labels) {
  check_defined(loss, "logits", logits);
  check_defined(loss, "labels", labels);
  check<DTypeError>(logits.dtype() == DType::f32 || logits.dtype() == DType::f64,
                    "{}: logits {} must be f32 or f64", loss, describe(logits));
  check<DTypeError>(labels.dtype() == DType::i64, "{}: labels {} must be i64 class numbers", loss,
                    describe(labels));
  check<ShapeError>(logits.rank() == 2 && logits.size(0) >= 1 && logits.size(1) >= 2,
                    "{}: logits {} must be [N, C] with N >= 1 and C >= 2", loss, describe(logits));
  check<ShapeError>(labels.shape() == Shape{logits.size(0)},
                    "{}: labels {} for logits {}: one label per row is needed", loss, describe(labels),
                    describe(logits));
}

}  // namespace

std::vector<int64_t> checked_counts(std::string_view loss, const Tensor& logits, const Tensor& labels) {
  check_types(loss, logits, labels);
  const int64_t classes = logits.size(1);
  std::vector<int64_t> counts(static_cast<size_t>(classes), 0);
  const waits::Reason reason(loss);
  for (const int64_t label : labels.to_vector<int64_t>()) {
    check<ValueError>(label >= 0 && label < classes,
                      "{}: label {} is outside 0..{}; labels that count from 1 are the usual cause", loss,
                      label, classes - 1);
    ++counts[static_cast<size_t>(label)];
  }
  return counts;
}

Tensor check_classifier(std::string_view loss, const Tensor& logits, const Tensor& labels) {
  if (!labels.defined() || labels.device().is_cpu()) {
    checked_counts(loss, logits, labels);
    return labels;
  }
  check_types(loss, logits, labels);
  const Tensor out = empty(labels.shape(), DType::i64, labels.device());
  late::check_indices({.op = loss,
                       .what = "label",
                       .highest = logits.size(1) - 1,
                       .hint = "labels that count from 1 are the usual cause"},
                      View(out), ConstView(labels), labels.device());
  return out;
}

void check_no_nan(std::string_view loss, const Tensor& logits, const Tensor& values) {
  const NoGrad no_grad;
  if (!values.device().is_cpu())
    return late::check_no_nan(loss,
                              "the loss, from NaN or +infinity among the logits (the network has usually "
                              "diverged)",
                              ConstView(values.detach()), values.device());
  check<ValueError>(any(ne(values.detach(), values.detach())).item() == 0,
                    "{}: NaN or +infinity among the logits {}: the network has usually diverged", loss,
                    describe(logits));
}

void check_weight(std::string_view loss, std::string_view name, double weight) {
  check<ValueError>(std::isfinite(weight) && weight >= 0, "{}: {} = {} must be finite and not negative", loss,
                    name, weight);
}

}  // namespace infograd::losses
