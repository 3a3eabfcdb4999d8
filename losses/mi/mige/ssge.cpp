#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/mige/ssge.h>
#include <infograd/losses/mi/mige/ssge_scores.h>

namespace infograd::losses {

Tensor ssge_score(const Tensor& x, const SsgeOptions& options, SsgeInfo* info) {
  ssge::check_samples("ssge_score", "x", x, options);
  const NoGrad no_grad;
  SsgeInfo ignored;
  return ssge::scores("ssge_score", x, options, info != nullptr ? *info : ignored).to(x.dtype());
}

Tensor ssge_score_at(const Tensor& x, const Tensor& q, const SsgeOptions& options, SsgeInfo* info) {
  ssge::check_samples("ssge_score_at", "x", x, options);
  check_defined("ssge_score_at", "q", q);
  check_same("ssge_score_at", x, q);
  if (q.rank() != 2 || q.size(1) != x.size(1))
    fail<ShapeError>("ssge_score_at: points {} do not fit samples {}: both are rows of one width",
                     describe(q), describe(x));
  ssge::check_finite("ssge_score_at", "q", q);
  const NoGrad no_grad;
  SsgeInfo ignored;
  return ssge::scores_at("ssge_score_at", x, q, options, info != nullptr ? *info : ignored).to(x.dtype());
}

}  // namespace infograd::losses
