// Objectives of neural population infomax: the asymptotic information of many sigmoid neurons, with
// gradients.
#pragma once

#include <cstdint>

#include <infograd/core/tensor.h>

namespace infograd::losses {

/// Neuron k responds to y_k = c_k^T x through u_k = beta y_k + bias_k; s is the logistic function and
/// phi_k = (beta / a) s(u_k) (1 - s(u_k)) the slope of the response.
struct NpiPopulation {
  double beta = 1, a = 1;  ///< positive
  Tensor bias{};           ///< f64 [K1]; undefined: 0
  int64_t chunk = 1024;    ///< samples at a time; only the last digits depend on it
};

struct NpiValue {
  double value = 0;        ///< to minimise, nats
  Tensor gradient;         ///< by c, f64 [K0, K1]
  Tensor bias_gradient{};  ///< f64 [K1]; of npi_q1 and npi_q2
};

// Huang and Zhang 2017 (arXiv:1611.01886). c f64 [K0, K1] with K0 <= K1, its columns the filters; x_hat
// [K0, M] f64 or f32 (then the products with the samples are in f32), whitened samples as columns; <.> is the
// mean over samples, Phi = diag(phi). Outside any graph. K0 x K0 algebra runs on the CPU, the rest where
// x_hat is. ShapeError, DTypeError; ValueError for beta, a or chunk that are not positive, a singular c, and
// a bias where none is said to be taken.

/// -<sum_k ln phi_k>, for K0 = K1 and orthonormal c. Takes a bias.
INFOGRAD_API NpiValue npi_q1(const Tensor& c, const Tensor& x_hat, const NpiPopulation& population);
/// npi_q1 - 1/2 ln det(c^T c), for K0 = K1, no constraint: infomax ICA. Takes a bias.
INFOGRAD_API NpiValue npi_q2(const Tensor& c, const Tensor& x_hat, const NpiPopulation& population);
/// -1/2 ln det(c diag<phi>^2 c^T), for c c^T = I (without it, it falls without bound as c grows). A
/// surrogate: that its optimum is that of the canonical objective is argued in the paper, not proven. The
/// gradient is our derivation.
INFOGRAD_API NpiValue npi_q_hat(const Tensor& c, const Tensor& x_hat, const NpiPopulation& population);
/// -1/2 <ln det(c Phi^2 c^T)>, for c c^T = I: one factorisation per sample unless c is square.
INFOGRAD_API NpiValue npi_q_canonical(const Tensor& c, const Tensor& x_hat, const NpiPopulation& population);

}  // namespace infograd::losses
