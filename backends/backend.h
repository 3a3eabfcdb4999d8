// The contract of a backend: coarse methods on raw views. Outputs are allocated and shapes checked by the
// ops.
#pragma once

#include <string_view>

#include <infograd/backends/args.h>

namespace infograd {

/// Unless a method says otherwise: views have any strides, inputs share one dtype, the output may alias an
/// input only when both have the same geometry, zero-size views are legal and do nothing. The default body of
/// each throws NotImplemented(backend, method, dtype, shapes).
class INFOGRAD_API Backend {
 public:
  virtual ~Backend();
  virtual std::string_view name() const = 0;

  // element-wise
  virtual void unary(UnaryOp op, View out, ConstView x, double p0, double p1);
  /// dx = dy * f'(x); y = f(x) is given when the derivative is written with it, and may be empty otherwise.
  virtual void unary_grad(UnaryOp op, View dx, ConstView dy, ConstView x, ConstView y, double p0, double p1);
  /// All three views have the output's shape (stride 0 = broadcast).
  virtual void binary(BinaryOp op, View out, ConstView a, ConstView b, double alpha);
  virtual void where(View out, ConstView condition, ConstView a, ConstView b);
  virtual void fill(View out, double value);
  /// out = x, converted between any two dtypes.
  virtual void copy(View out, ConstView x);

  // reductions: `out` has the rank of x and extent 1 on the reduced axes
  virtual void reduce(ReduceOp op, View out, ConstView x, double param);  ///< param: correction of var
  virtual void arg_reduce(ArgReduceOp op, View out, ConstView x, int axis);
  virtual void cumsum(View out, ConstView x, int axis, bool exclusive, bool reverse);
  /// Values [.., k, ..] and i64 indices; sorted, the lower index first at ties.
  virtual void topk(View values, View indices, ConstView x, int axis, bool largest);

  // products
  virtual void gemm(const GemmArgs& args);
  virtual void conv(const ConvArgs& args);
  virtual void pool(const PoolArgs& args);

  // normalisation and softmax
  virtual void softmax(View out, ConstView x, int axis, bool log);
  virtual void softmax_grad(View dx, ConstView dy, ConstView y, int axis, bool log);
  virtual void batch_norm(const BatchNormArgs& args);
  virtual void batch_norm_grad(const BatchNormGradArgs& args);
  virtual void layer_norm(const LayerNormArgs& args);
  virtual void layer_norm_grad(const LayerNormGradArgs& args);
  virtual void cross_entropy(const CrossEntropyArgs& args);
  virtual void cross_entropy_grad(const CrossEntropyArgs& args);

  // information losses: log-probabilities of the labels and of the average prediction; row and column
  // log-sum-exps of an all-pairs score matrix
  virtual void label_marginal(const LabelMarginalArgs& args);
  virtual void label_marginal_grad(const LabelMarginalArgs& args);
  virtual void all_pairs_lse(const AllPairsArgs& args);
  virtual void all_pairs_lse_grad(const AllPairsArgs& args);

  // indexing; indices are i64, already checked to be in range and non-negative
  /// out[.., i, ..] = x[.., index[.., i, ..], ..]; index and out have one shape.
  virtual void gather(View out, ConstView x, ConstView index, int axis);
  /// out[.., index[.., i, ..], ..] += src[.., i, ..], in increasing order of i: deterministic.
  virtual void scatter_add(View out, ConstView index, ConstView src, int axis);
  virtual void index_select(View out, ConstView x, ConstView index, int axis);  ///< index [n]
  virtual void index_add(View out, ConstView index, ConstView src, int axis);   ///< index [n]

  // random
  virtual void random(const RandomArgs& args);
  /// out_i = x_i / (1 - p) where uniform_i >= p, else 0; the mask is a function of (key, i), i row-major.
  virtual void dropout(View out, ConstView x, double p, PhiloxKey key);

  // sampling
  virtual void grid_sample(const GridSampleArgs& args);
  virtual void grid_sample_grad(const GridSampleArgs& args);

  // histograms
  virtual void fuzzy_histogram(const FuzzyHistogramArgs& args);
  virtual void fuzzy_histogram_grad(const FuzzyHistogramArgs& args);

  // optimizers
  virtual void adam_step(const AdamArgs& args);
  virtual void sgd_step(const SgdArgs& args);

  /// Waits for queued work; nothing to do on a CPU.
  virtual void synchronize() {}
};

}  // namespace infograd
