// Stochastic gradient descent with momentum.
#pragma once

#include <infograd/backends/args.h>
#include <infograd/nn/optim/optimizer.h>

namespace infograd::optim {

struct SGDOptions {
  double lr = 0.1;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;  ///< needs momentum > 0 and dampening = 0
};

/// g += weight_decay * p; b = momentum * b + (1 - dampening) * g (the first time b = g);
/// p -= lr * (nesterov ? g + momentum * b : b). Slot "momentum", only with momentum.
class INFOGRAD_API SGD : public Optimizer {
 public:
  explicit SGD(Parameters parameters, const SGDOptions& options = {});

 protected:
  void update(const Run& run) override;
  bool follows_replays() const override { return true; }

 private:
  SGDOptions options_;
  std::vector<SgdItem> arguments_;
};

}  // namespace infograd::optim
