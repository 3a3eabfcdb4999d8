// Generalised entropy regularisation: one family from the confidence penalty to label smoothing.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd::losses {

/// CE + beta * D_alpha, nats, with the skew Jensen divergence of the predictions p_i from uniform,
/// D_alpha = mean_i [H(m_i) - alpha H(p_i) - (1 - alpha) log C] / (alpha (1 - alpha)), m = alpha p + (1 -
/// alpha) / C. alpha = 0 is its limit KL(p || u), the confidence penalty up to a constant; alpha = 1 is KL(u
/// || p), label smoothing up to scale; others lie in [1e-3, 1 - 1e-3]. logits [N, C] f32 or f64, N >= 1, C >=
/// 2, labels [N] i64, beta >= 0; 0 gives cross_entropy. Differentiable twice. NaN logits throw ValueError.
/// (Meister, Salesky, Cotterell 2020)
INFOGRAD_API Tensor ger_loss(const Tensor& logits, const Tensor& labels, double alpha, double beta);

}  // namespace infograd::losses
