// MILC, mutual information learned classifiers: a classifier's cross-entropy together with the entropy of the
// labels as the classifier itself predicts them. Yi et al., arXiv:2209.10058 and arXiv:2210.01000; the
// equations are our reading of what the papers state, see docs/milc.md.
#pragma once

#include <cstdint>

#include <infograd/core/tensor.h>
#include <infograd/losses/report.h>

namespace infograd::losses {

/// The loss, of CE (estimates H(Y | X) from above) and Hm (estimates H(Y) from above). a, c and ce share the
/// population optimum q = P(Y | X); that of b is biased. (ours, except ce)
enum class MilcForm : uint8_t {
  a,      ///< CE + lambda Hm: both entropies are fitted; the default
  b,      ///< CE - lambda Hq: the entropy of the average prediction is raised
  c,      ///< CE - Hm = -I: mutual information is raised, literally; equals a with lambda = -1
  joint,  ///< CE + lambda Hm_J, of a softmax over the whole batch of logits
  ce      ///< CE alone, the baseline
};
enum class MilcMarginal : uint8_t {
  batch,  ///< the average prediction of this batch, gradient through it
  ema     ///< its moving average over calls, gradient through the part of this batch
};
/// What stands for P(Y) in Hm.
enum class MilcTarget : uint8_t { batch, prior, uniform };

/// Moving average of the predictions, for MilcMarginal::ema: belongs to the user. Both members go into a
/// checkpoint; continuing from them is bit-identical.
struct INFOGRAD_API MilcState {
  Tensor log_q{};  ///< [C], of the logits' dtype; undefined while empty
  bool empty = true;
  void reset() { *this = MilcState{}; }
};

struct MilcOptions {
  MilcForm form = MilcForm::a;
  double lambda = 1.0;  ///< >= 0; not used by c and ce
  MilcMarginal marginal = MilcMarginal::batch;
  MilcTarget target = MilcTarget::batch;
  Tensor prior{};          ///< [C] floating, sums to 1; for MilcTarget::prior
  double ema_decay = 0.9;  ///< weight of the OLD average, in [0, 1)
  bool training = true;  ///< false: the state is used and left unchanged, and the report is of held-out data
  /// Filled when given: nats = I, capped by H(r); `lower` for held-out data, `neither` for training data and
  /// for fewer than 10 samples per class (flag small_batch_marginal), where the batch marginal biases it
  /// upwards. No standard error for joint and ema.
  Estimate* report = nullptr;
};

/// What the loss is made of; nats. The first four are differentiable scalars of the logits' dtype.
struct MilcTerms {
  Tensor ce;                  ///< CE = -mean_i l_{i, y_i}, l = log_softmax(logits)
  Tensor h_marginal;          ///< Hm = -sum_c r_c L_c; of form joint Hm_J
  Tensor h_batch_prediction;  ///< Hq = -sum_c e^{L_c} L_c
  Tensor h_conditional;       ///< Hc = -mean_i sum_c e^{l_ic} l_ic
  Tensor log_qbar;      ///< L [C] = LSE_i l_ic - log N: log of the average prediction; of form joint log Q
  double h_labels = 0;  ///< H(r), r the label frequencies of the batch
  double mi = 0;        ///< Hm - CE: the learned mutual information, at most H(r), may be negative
};

/// The loss to minimise, a scalar in nats. logits [N, C] f32 or f64, N >= 1, C >= 2; labels [N] i64. In log
/// space throughout: logits of any finite size, and marginals below the smallest exponent, have finite loss
/// and gradient. Differentiable twice. Hm is not additive over micro-batches: see MilcTwoPass. With `ema` and
/// `training` every call moves the state. Throws ValueError for labels outside 0 .. C-1, NaN logits, `ema`
/// without a state, `joint` with `ema`, a prior that is not a distribution or excludes a label that occurs.
INFOGRAD_API Tensor milc_loss(const Tensor& logits, const Tensor& labels, const MilcOptions& options = {},
                              MilcState* state = nullptr);
/// The terms of the same loss, under the same contract; costs more than the loss.
INFOGRAD_API MilcTerms milc_terms(const Tensor& logits, const Tensor& labels, const MilcOptions& options = {},
                                  MilcState* state = nullptr);
/// l_{i, y_i} - L_{y_i} as [N]: what each sample adds to the learned mutual information, which is their mean.
INFOGRAD_API Tensor milc_pointwise_mi(const Tensor& logits, const Tensor& labels);

}  // namespace infograd::losses
