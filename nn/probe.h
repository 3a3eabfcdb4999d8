// How good is a frozen representation? A linear classifier and nearest neighbours on its features.
#pragma once

#include <cstdint>

#include <infograd/core/tensor.h>

namespace infograd::nn {

struct ProbeOptions {
  int64_t classes = 10;
  double weight_decay = 1e-4;  ///< lambda / 2 * |W|^2 beside the mean cross-entropy; the bias is free
  int max_iterations = 300;    ///< of L-BFGS
  double tolerance = 1e-4;     ///< stops when no gradient entry is larger
};
struct ProbeResult {
  double train_accuracy = 0;  ///< in [0, 1]
  double test_accuracy = 0;
  double loss = 0;  ///< final training objective, nats
  int iterations = 0;
  bool converged = false;  ///< gradient below the tolerance
};
/// Multinomial logistic regression on features [N, D] (f32, no gradient) with labels i64 [N], full batch, by
/// L-BFGS from zero: a convex problem, no seed, no learning rate. Features are standardised by the mean and
/// deviation of the training part; a deviation below a tenth of the average one counts as that tenth, and
/// columns without variance as zero. Throws ValueError for NaN or infinity, as knn_accuracy does.
INFOGRAD_API ProbeResult linear_probe(const Tensor& train_features, const Tensor& train_labels,
                                      const Tensor& test_features, const Tensor& test_labels,
                                      const ProbeOptions& options = {});

enum class Metric { cosine, euclidean };
struct KnnOptions {
  int64_t k = 20;
  int64_t classes = 10;
  Metric metric = Metric::cosine;
  int64_t tile = 256;  ///< queries compared at a time; memory is tile x N f32, f64 for euclidean
};
/// Accuracy in [0, 1] of the majority among the k nearest training features. At equal distance the lower
/// index is nearer; at equal votes the class with the nearest member wins.
INFOGRAD_API double knn_accuracy(const Tensor& train_features, const Tensor& train_labels,
                                 const Tensor& test_features, const Tensor& test_labels,
                                 const KnnOptions& options = {});

}  // namespace infograd::nn
