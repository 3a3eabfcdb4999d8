// Neural population infomax: unsupervised filters from a closed form of the information that a large
// population of noisy sigmoid neurons carries. Huang and Zhang, ICLR 2017 (arXiv:1611.01886).
#pragma once

#include <cstdint>
#include <vector>

#include <infograd/losses/mi/population_infomax/history.h>
#include <infograd/losses/mi/population_infomax/whitener.h>

namespace infograd::losses {

enum class NpiAlgorithm : uint8_t {
  automatic,     ///< complete when K0 = K1, else overcomplete
  complete,      ///< Algorithm 1: Q1 with orthonormal C, then Q2 without constraint; K0 = K1
  overcomplete,  ///< Algorithm 2: Q_hat with orthonormal rows of C; K0 <= K1
  canonical      ///< the exact objective, a factorisation per sample; for small problems
};
enum class NpiRetraction : uint8_t { gs, polar };

/// Defaults as in the paper where it states them; `reset_v`, `v_min` and `chunk` are ours.
struct NpiOptions {
  int64_t n_filters = 0;  ///< K1; 0: K0. Fewer than K0: K0 is lowered to it
  double eps = 0.98;      ///< WhitenerOptions
  int64_t k0 = 0;
  NpiWhitening whitening = NpiWhitening::pca;
  NpiAlgorithm algorithm = NpiAlgorithm::automatic;
  double v1 = 0.4;                         ///< first mean relative step, in (0, 1)
  double tau = 0.8;                        ///< a rejected step shrinks by it, in (0, 1)
  double v_min = 1e-12;                    ///< a phase ends when steps get smaller
  double beta_unit = 1.81;                 ///< the slope is beta_unit sqrt(K1 / K0), half of it in phase 1
  int t0 = 50;                             ///< epochs of phase 1
  int t_max = 100;                         ///< of both phases
  int64_t chunk = 1024;                    ///< samples at a time; only the last digits depend on it
  DType dtype = DType::f64;                ///< of the products with the samples; f32 is faster, sums stay f64
  Device device = cpu;                     ///< of the same products; what is as small as C stays on the host
  bool reset_v = true;                     ///< v starts again in phase 2
  bool keep_constraint = false;            ///< complete: Q1 and orthonormal C in phase 2, too
  bool objective_after_retraction = true;  ///< judge a candidate after it was made orthonormal
  bool learn_bias = false;                 ///< complete only (ours): descent step 0.1 after each epoch
  NpiRetraction retraction = NpiRetraction::gs;
  uint64_t seed = 0;              ///< of the initial C
  Tensor initial_c{};             ///< f64 [K0, K1] in its place; made row-orthonormal unless it is
  int trace_every = 0;            ///< epochs between measurements of CFE and CDE; 0: never
  int64_t trace_samples = 20000;  ///< of CFE, a tenth of it for CDE: the first samples
};

/// f64 on the CPU. After fit_whitened the whitener is empty and K = K0.
struct NpiResult {
  Tensor c;          ///< [K0, K1]
  Tensor filters{};  ///< W [K, K1]: y = W^T (x - mean) = a C^T x_hat
  Tensor bases{};    ///< B [K, K1]: x is about mean + B W^T (x - mean); B W^T = U0 U0^T whatever C is
  Tensor display{};  ///< [K, K1]: the filters seen in ZCA-whitened space
  Tensor bias{};     ///< [K1]; 0 unless learned
  Whitener whitener{};
  int64_t k0 = 0;
  double a = 1, beta = 1;
  std::vector<NpiEpoch> history{};  ///< epoch 0 included
  bool converged = false;           ///< phase 2 ended because no step improved it
};

/// Full-batch descent with a step that only shrinks. Everything is computed on the CPU in f64 unless `dtype`
/// or `device` says otherwise; the same bits for any number of threads as far as LAPACK and BLAS give them.
class INFOGRAD_API Npi {
 public:
  /// Throws ValueError for options that make no sense.
  explicit Npi(const NpiOptions& options = {});
  /// data [K, M], samples as columns. Throws what fit_whitener throws; ShapeError when `complete` meets K0 !=
  /// K1 or `overcomplete` K1 < K0, or when initial_c does not fit; ValueError when its rank is below K0.
  NpiResult fit(const Tensor& data) const;
  /// x_hat [K0, M], whitened already. filters = a C, bases = (C C^T)^-1 C / a.
  NpiResult fit_whitened(const Tensor& x_hat) const;

 private:
  NpiOptions options_;
};

}  // namespace infograd::losses
