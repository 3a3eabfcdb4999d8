// Adam (Kingma and Ba 2015).
#pragma once

#include <infograd/backends/args.h>
#include <infograd/nn/optim/optimizer.h>

namespace infograd::optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;    ///< decay of the mean of gradients
  double beta2 = 0.999;  ///< decay of the mean of their squares
  double eps = 1e-8;     ///< added to the root, after bias correction
  double weight_decay = 0;
};

/// m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
/// p -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps). weight_decay * p is added to the gradient
/// (L2 penalty); AdamW decouples it. Slots "m" and "v".
class INFOGRAD_API Adam : public Optimizer {
 public:
  explicit Adam(Parameters parameters, const AdamOptions& options = {});

 protected:
  Adam(Parameters parameters, const AdamOptions& options, bool decoupled);
  void update(const Run& run) override;
  bool follows_replays() const override { return true; }

 private:
  AdamOptions options_;
  bool decoupled_;
  std::vector<AdamItem> arguments_;
};

}  // namespace infograd::optim
