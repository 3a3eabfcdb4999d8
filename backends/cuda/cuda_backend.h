// Private: the CUDA backend, one object per device. Needs no CUDA header. Each method queues its work on the
// stream of its device and returns; what is not overridden throws NotImplemented.
#pragma once

#include <infograd/backends/backend.h>

namespace infograd {

class CudaBackend : public Backend {
 public:
  explicit CudaBackend(int index) : index_(index) {}
  std::string_view name() const override { return "cuda"; }

  void unary(UnaryOp op, View out, ConstView x, double p0, double p1) override;
  void unary_grad(UnaryOp op, View dx, ConstView dy, ConstView x, ConstView y, double p0, double p1) override;
  /// i64 and u8: a division by 0 gives 0, a negative power 0 (the CPU throws; nothing here waits to ask).
  void binary(BinaryOp op, View out, ConstView a, ConstView b, double alpha) override;
  void where(View out, ConstView condition, ConstView a, ConstView b) override;
  void fill(View out, double value) override;
  void copy(View out, ConstView x) override;

  void reduce(ReduceOp op, View out, ConstView x, double param) override;
  void arg_reduce(ArgReduceOp op, View out, ConstView x, int axis) override;
  void cumsum(View out, ConstView x, int axis, bool exclusive, bool reverse) override;
  void topk(View values, View indices, ConstView x, int axis, bool largest) override;
  void softmax(View out, ConstView x, int axis, bool log) override;
  void softmax_grad(View dx, ConstView dy, ConstView y, int axis, bool log) override;
  void cross_entropy(const CrossEntropyArgs& args) override;
  void cross_entropy_grad(const CrossEntropyArgs& args) override;

  void batch_norm(const BatchNormArgs& args) override;
  void batch_norm_grad(const BatchNormGradArgs& args) override;
  void layer_norm(const LayerNormArgs& args) override;
  void layer_norm_grad(const LayerNormGradArgs& args) override;

  void label_marginal(const LabelMarginalArgs& args) override;
  void label_marginal_grad(const LabelMarginalArgs& args) override;
  /// bf16 runs in f32. Memory: a strip of rows of the scores, 32 MiB in f32 or 128 rows.
  void all_pairs_lse(const AllPairsArgs& args) override;
  void all_pairs_lse_grad(const AllPairsArgs& args) override;
  void fuzzy_histogram(const FuzzyHistogramArgs& args) override;
  void fuzzy_histogram_grad(const FuzzyHistogramArgs& args) override;

  void gemm(const GemmArgs& args) override;
  void conv(const ConvArgs& args) override;
  void pool(const PoolArgs& args) override;

  void gather(View out, ConstView x, ConstView index, int axis) override;
  void scatter_add(View out, ConstView index, ConstView src, int axis) override;
  void index_select(View out, ConstView x, ConstView index, int axis) override;
  void index_add(View out, ConstView index, ConstView src, int axis) override;

  void random(const RandomArgs& args) override;
  void dropout(View out, ConstView x, double p, PhiloxKey key) override;

  void grid_sample(const GridSampleArgs& args) override;
  void grid_sample_grad(const GridSampleArgs& args) override;

  void adam_step(const AdamArgs& args) override;
  void sgd_step(const SgdArgs& args) override;

  void synchronize() override;

 private:
  int index_;
};

/// That of device `index`. Needs no device: the first work does.
Backend& cuda_backend(int index);

}  // namespace infograd
