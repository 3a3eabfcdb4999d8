#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/classification/checks.h>
#include <infograd/losses/entropy.h>
#include <infograd/losses/mi/milc/milc_support.h>
#include <infograd/losses/mi/milc/milc_two_pass.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/softmax.h>

namespace infograd::losses {
namespace {

Tensor log_prob_of_label(const Tensor& l, const Tensor& labels) {
  return gather(l, 1, unsqueeze(labels, 1));
}

/// log_marginal with 0 in place of -inf: its factor is 0 there.
Tensor finite_or_zero(const Tensor& x) {
  return masked_fill(x, eq(x.detach(), -INFINITY), 0);
}

}  // namespace

MilcTwoPass::MilcTwoPass(const MilcOptions& options) : options_(options) {
  check<ValueError>(options.form != MilcForm::joint, "MilcTwoPass: form joint needs the whole batch at once");
  check<ValueError>(
      options.marginal == MilcMarginal::batch,
      "MilcTwoPass: its marginal is that of the full batch; use milc_loss for MilcMarginal::ema");
}

void MilcTwoPass::observe(const Tensor& logits, const Tensor& labels) {
  const NoGrad no_grad;
  const std::vector<int64_t> counts = checked_counts("MilcTwoPass::observe", logits, labels);
  check_milc_options("MilcTwoPass::observe", options_, logits.size(1));
  MilcTwoPass batch(options_);
  batch.counts_ = counts;
  batch.rows_ = logits.size(0);
  const Tensor l = log_softmax(logits).to(DType::f64);
  batch.log_sum_ = logsumexp(l, {0});
  const Tensor log_label = sum(log_prob_of_label(l, labels));
  check_no_nan("MilcTwoPass::observe", logits, log_label);
  batch.log_label_ = log_label.item();
  batch.conditional_ = sum(entropy_of_logs(l)).item();
  merge(batch);
}

void MilcTwoPass::merge(const MilcTwoPass& other) {
  if (other.rows_ == 0) return;
  if (rows_ > 0) {
    check_observed("MilcTwoPass::merge", static_cast<int64_t>(other.counts_.size()));
    log_sum_ = log_add_exp(log_sum_, other.log_sum_.to(log_sum_.device()));
  } else {
    counts_.assign(other.counts_.size(), 0);
    log_sum_ = other.log_sum_;
  }
  for (size_t c = 0; c < counts_.size(); ++c) counts_[c] += other.counts_[c];
  log_label_ += other.log_label_;
  conditional_ += other.conditional_;
  rows_ += other.rows_;
}

void MilcTwoPass::check_observed(const char* op, int64_t classes) const {
  check<ValueError>(rows_ > 0, "{}: nothing has been observed yet; pass 1 comes first", op);
  check<ShapeError>(static_cast<int64_t>(counts_.size()) == classes, "{}: {} classes, but {} were observed",
                    op, classes, counts_.size());
}

MilcTerms MilcTwoPass::totals() const {
  const NoGrad no_grad;
  check_observed("MilcTwoPass::totals", static_cast<int64_t>(counts_.size()));
  const auto n = static_cast<double>(rows_);
  const Tensor log_qbar = log_sum_ - std::log(n);
  const Tensor target = classes_like(milc_target("MilcTwoPass::totals", options_, counts_), log_qbar);
  MilcTerms terms{.ce = scalar(-log_label_ / n, DType::f64),
                  .h_marginal = cross_entropy_of_marginal(target, log_qbar),
                  .h_batch_prediction = entropy_of_logs(log_qbar),
                  .h_conditional = scalar(conditional_ / n, DType::f64),
                  .log_qbar = log_qbar,
                  .h_labels = entropy_of(frequencies(counts_))};
  terms.mi = terms.h_marginal.item() - terms.ce.item();
  return terms;
}

Tensor MilcTwoPass::contribution(const Tensor& logits, const Tensor& labels) const {
  const char* op = "MilcTwoPass::contribution";
  checked_counts(op, logits, labels);
  check_observed(op, logits.size(1));
  const double share = 1 / static_cast<double>(rows_), weight = marginal_weight(options_);
  const Tensor l = log_softmax(logits);
  const Tensor ce = -share * sum(log_prob_of_label(l, labels));
  check_no_nan(op, logits, ce);
  if (options_.form == MilcForm::ce || weight == 0) return ce;
  const Tensor log_qbar = (log_sum_ - std::log(static_cast<double>(rows_))).to(logits.dtype());
  if (options_.form == MilcForm::b) return ce + weight * share * sum(exp(l) * finite_or_zero(log_qbar));
  const Tensor target = classes_like(milc_target(op, options_, counts_), logits);
  const Tensor pull = target * exp(l.detach() - finite_or_zero(log_qbar));  // a_ic, a constant
  return ce - weight * share * sum(pull * finite_or_zero(l));
}

}  // namespace infograd::losses
