#include <infograd/core/check.h>
#include <infograd/losses/classification/checks.h>
#include <infograd/losses/classification/cross_entropy.h>
#include <infograd/losses/classification/label_smoothing.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>

namespace infograd::losses {

Tensor label_smoothing_loss(const Tensor& logits, const Tensor& labels, double eps, LabelSmoothing form) {
  check_classifier("label_smoothing_loss", logits, labels);
  check<ValueError>(eps >= 0 && eps < 1, "label_smoothing_loss: eps {} is outside [0, 1)", eps);
  const auto classes = static_cast<double>(logits.size(1));
  // The exclusive form is the inclusive one with more smoothing: its label would get eps / (C - 1) too much.
  const double s = form == LabelSmoothing::inclusive ? eps : eps * classes / (classes - 1);
  Tensor loss;
  if (s < 1) {
    loss = cross_entropy(logits, labels, {.smoothing = s});
  } else {  // eps >= (C - 1) / C: the label weighs no more than the others
    const Tensor one = one_hot(labels, logits.size(1), logits.dtype());
    loss = cross_entropy(logits, affine(one, 1 - s, s / classes));
  }
  check_no_nan("label_smoothing_loss", logits, loss);
  return loss;
}

}  // namespace infograd::losses
