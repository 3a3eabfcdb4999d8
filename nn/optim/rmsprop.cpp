#include <infograd/core/check.h>
#include <infograd/nn/optim/rmsprop.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/inplace.h>

namespace infograd::optim {

namespace {

std::vector<std::string> slot_names(const RMSpropOptions& options) {
  std::vector<std::string> names{"v"};
  if (options.momentum != 0) names.push_back("momentum");
  if (options.centered) names.push_back("mean");  // always the last
  return names;
}

}  // namespace

RMSprop::RMSprop(Parameters parameters, const RMSpropOptions& options)
    : Optimizer(std::move(parameters), slot_names(options), options.lr, options.weight_decay),
      options_(options) {
  check<ValueError>(options.alpha >= 0 && options.alpha < 1, "RMSprop: alpha is {}, expected 0 <= alpha < 1",
                    options.alpha);
  check<ValueError>(options.eps >= 0 && options.momentum >= 0,
                    "RMSprop: eps {} and momentum {}, expected both at least 0", options.eps,
                    options.momentum);
}

void RMSprop::update(const Run& run) {
  const double alpha = options_.alpha;
  for (Item* const* item = run.begin; item != run.end; ++item) {
    auto& [name, p, gradient, slots, steps] = **item;
    const Tensor g = run.weight_decay != 0 ? gradient + p * run.weight_decay : gradient;
    Tensor& v = slots[0];
    add_(mul_(v, alpha), square(g), 1 - alpha);
    Tensor spread = v;
    if (options_.centered) {
      Tensor& mean = slots.back();
      add_(mul_(mean, alpha), g, 1 - alpha);
      spread = relu(v - square(mean));  // rounding takes a variance near 0 below it
    }
    Tensor direction = g / (sqrt(spread) + options_.eps);
    if (options_.momentum != 0) direction = add_(mul_(slots[1], options_.momentum), direction);
    add_(p, direction, -run.lr);
  }
}

}  // namespace infograd::optim
