#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/classification/checks.h>
#include <infograd/losses/entropy.h>
#include <infograd/losses/mi/milc/label_marginal.h>
#include <infograd/losses/mi/milc/milc.h>
#include <infograd/losses/mi/milc/milc_support.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/softmax.h>

namespace infograd::losses {
namespace {

/// Mixes the moving average into L, and moves it when training.
Tensor with_average(const char* op, const Tensor& log_marginal, const MilcOptions& options,
                    MilcState& state) {
  const double old_weight = options.ema_decay;
  Tensor mixed = log_marginal;
  if (!state.empty) {
    check_same(op, log_marginal, state.log_q);
    check<ShapeError>(state.log_q.shape() == log_marginal.shape(),
                      "{}: the state holds {} from other logits than these of {} classes", op,
                      describe(state.log_q), log_marginal.numel());
    mixed = log_add_exp(log_marginal + std::log1p(-old_weight), state.log_q + std::log(old_weight));
  }
  if (options.training) state = {.log_q = mixed.detach().clone(), .empty = false};
  return mixed;
}

/// One batch, checked, with its label distribution and the log-probabilities that every form is made of.
class Batch {
 public:
  Batch(const char* op, const Tensor& logits, const Tensor& labels, const MilcOptions& options,
        MilcState* state)
      : op_(op), logits_(logits), labels_(labels) {
    if (reads_labels(logits, options))
      counts_ = checked_counts(op, logits, labels);
    else
      labels_ = check_classifier(op, logits, labels);
    check_milc_options(op, options, logits.size(1));
    check<ValueError>(options.marginal != MilcMarginal::ema || state != nullptr,
                      "{}: MilcMarginal::ema needs a MilcState that lives over the calls", op);
    target = target_of(options);
    const LabelMarginal of = label_marginal(logits, labels_);
    check_no_nan(op, logits, of.label);
    label = of.label;
    if (options.form == MilcForm::joint)
      log_marginal = logsumexp(logits, {0}) - logsumexp(logits);
    else if (options.marginal == MilcMarginal::ema)
      log_marginal = with_average(op, of.marginal, options, *state);
    else
      log_marginal = of.marginal;
  }

  Tensor ce() const { return neg(mean(label)); }
  Tensor h_marginal() const { return cross_entropy_of_marginal(target, log_marginal); }

  /// How often each label occurs, known to the host.
  std::vector<int64_t> counts() const {
    return counts_.empty() ? checked_counts(op_, logits_, labels_) : counts_;
  }

  Tensor label;         ///< [N] l_{i, y_i}
  Tensor log_marginal;  ///< [C]
  Tensor target;        ///< [C]

 private:
  /// The host counts where that costs no wait, or where a prior is held against it.
  static bool reads_labels(const Tensor& logits, const MilcOptions& options) {
    return (logits.defined() && logits.device().is_cpu()) || options.target == MilcTarget::prior;
  }
  Tensor target_of(const MilcOptions& options) const {
    const int64_t classes = logits_.size(1);
    if (counts_.empty() && options.target == MilcTarget::batch)
      return mean(one_hot(labels_, classes, DType::f64, OutOfRange::zero), {0}).to(logits_.dtype());
    const std::vector<int64_t> none(static_cast<size_t>(classes));
    return classes_like(milc_target(op_, options, counts_.empty() ? none : counts_), logits_);
  }

  const char* op_;
  Tensor logits_, labels_;
  std::vector<int64_t> counts_;  ///< empty when nobody read the labels
};

Tensor loss_of(const Batch& batch, const MilcOptions& options) {
  const double weight = marginal_weight(options);
  const Tensor ce = batch.ce();
  if (options.form == MilcForm::ce || weight == 0) return ce;
  if (options.form == MilcForm::b) return ce - weight * entropy_of_logs(batch.log_marginal);
  return ce + weight * batch.h_marginal();
}

/// I = Hm - CE. Its influence values: sample i moves CE, every L_c by e^(l_ic - L_c) - 1, and, where the
/// target is the batch's own, r by its label.
void fill_report(const Batch& batch, const Tensor& logits, const Tensor& labels, const MilcOptions& options) {
  const NoGrad no_grad;
  const std::vector<double> r = frequencies(batch.counts());
  const bool consistent = options.form != MilcForm::joint && options.marginal == MilcMarginal::batch &&
                          options.target == MilcTarget::batch;
  Estimate estimate{.kind = consistent && !options.training ? Kind::lower : Kind::neither};
  if (consistent) estimate.cap = entropy_of(r);
  const Tensor l = batch.label.to(DType::f64), marginal = batch.log_marginal.to(DType::f64);
  estimate.nats = mean_of(l) + cross_entropy_of_marginal(batch.target.to(DType::f64), marginal).item();
  if (options.form != MilcForm::joint && options.marginal == MilcMarginal::batch) {
    const Tensor possible = ne(batch.target, 0);
    const Tensor ratio = exp(log_softmax(logits) - where(possible, batch.log_marginal, 0.0));
    Tensor influence = l - sum(batch.target * where(possible, ratio, 0.0), {1}).to(DType::f64);
    if (options.target == MilcTarget::batch) influence = influence - index_select(marginal, 0, labels);
    estimate.std_error = standard_error(influence);
  }
  estimate.n_pos = logits.size(0);
  if (logits.size(0) < 10 * logits.size(1)) estimate.raise(Flag::small_batch_marginal);
  *options.report = estimate;
}

}  // namespace

Tensor milc_loss(const Tensor& logits, const Tensor& labels, const MilcOptions& options, MilcState* state) {
  const Batch batch("milc_loss", logits, labels, options, state);
  if (options.report != nullptr) fill_report(batch, logits, labels, options);
  return loss_of(batch, options);
}

MilcTerms milc_terms(const Tensor& logits, const Tensor& labels, const MilcOptions& options,
                     MilcState* state) {
  const Batch batch("milc_terms", logits, labels, options, state);
  if (options.report != nullptr) fill_report(batch, logits, labels, options);
  MilcTerms terms{.ce = batch.ce(),
                  .h_marginal = batch.h_marginal(),
                  .h_batch_prediction = entropy_of_logs(batch.log_marginal),
                  .h_conditional = mean(entropy_of_logs(log_softmax(logits))),
                  .log_qbar = batch.log_marginal,
                  .h_labels = entropy_of(frequencies(batch.counts()))};
  terms.mi = terms.h_marginal.item() - terms.ce.item();
  return terms;
}

Tensor milc_pointwise_mi(const Tensor& logits, const Tensor& labels) {
  const Batch batch("milc_pointwise_mi", logits, labels, {}, nullptr);
  return batch.label - index_select(batch.log_marginal, 0, labels);
}

}  // namespace infograd::losses
