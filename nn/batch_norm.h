// Batch normalisation layers.
#pragma once

#include <infograd/backends/args.h>
#include <infograd/nn/module.h>

namespace infograd::nn {

struct BatchNormOptions {
  double momentum = 0.1;  ///< weight of the new value in the running statistics
  double eps = 1e-5;
  bool affine = true;                        ///< learn weight (starts at 1) and bias (starts at 0)
  Activation activation = Activation::none;  ///< none or relu, fused
};

/// x [B, C, ...] normalised over all axes but 1: by the batch while training, by running_mean and running_var
/// (buffers [C]) in evaluation. BatchNorm1d and BatchNorm2d differ in the ranks they accept.
class INFOGRAD_API BatchNorm : public Module {
 public:
  Tensor operator()(const Tensor& x) const;
  const Tensor& weight() const { return weight_; }
  const Tensor& bias() const { return bias_; }
  const Tensor& running_mean() const { return running_mean_; }
  const Tensor& running_var() const { return running_var_; }

 protected:
  struct Ranks {
    int least, most;
  };
  BatchNorm(const char* layer, Ranks ranks, int64_t channels, const BatchNormOptions& options);

 private:
  const char* layer_;
  Ranks ranks_;
  BatchNormOptions options_;
  Tensor weight_, bias_, running_mean_, running_var_;
};

/// x [B, C] or [B, C, L].
class INFOGRAD_API BatchNorm1d : public BatchNorm {
 public:
  explicit BatchNorm1d(int64_t channels, const BatchNormOptions& options = {})
      : BatchNorm("BatchNorm1d", {2, 3}, channels, options) {}
};

/// x [B, C, H, W].
class INFOGRAD_API BatchNorm2d : public BatchNorm {
 public:
  explicit BatchNorm2d(int64_t channels, const BatchNormOptions& options = {})
      : BatchNorm("BatchNorm2d", {4, 4}, channels, options) {}
};

}  // namespace infograd::nn
