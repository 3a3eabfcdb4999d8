#include <infograd/backends/registry.h>
#include <infograd/core/check.h>
#include <infograd/nn/optim/adam.h>

namespace infograd::optim {

Adam::Adam(Parameters parameters, const AdamOptions& options) : Adam(std::move(parameters), options, false) {}

Adam::Adam(Parameters parameters, const AdamOptions& options, bool decoupled)
    : Optimizer(std::move(parameters), {"m", "v"}, options.lr, options.weight_decay),
      options_(options),
      decoupled_(decoupled) {
  check<ValueError>(options.beta1 >= 0 && options.beta1 < 1 && options.beta2 >= 0 && options.beta2 < 1,
                    "Adam: beta1 = {} and beta2 = {}, expected both in [0, 1)", options.beta1, options.beta2);
  check<ValueError>(options.eps >= 0, "Adam: eps is {}, expected at least 0", options.eps);
  arguments_.reserve(parameter_count());
}

void Adam::update(const Run& run) {
  arguments_.clear();
  for (Item* const* item = run.begin; item != run.end; ++item) {
    const Item& it = **item;
    arguments_.push_back({View(it.parameter), ConstView(it.gradient), View(it.slots[0]), View(it.slots[1])});
  }
  backend_for(run.device)
      .adam_step({.items = arguments_,
                  .lr = run.lr,
                  .beta1 = options_.beta1,
                  .beta2 = options_.beta2,
                  .eps = options_.eps,
                  .weight_decay = run.weight_decay,
                  .step = run.step,
                  .decoupled = decoupled_});
}

}  // namespace infograd::optim
