#include <infograd/backends/registry.h>
#include <infograd/core/check.h>
#include <infograd/nn/optim/sgd.h>

namespace infograd::optim {

SGD::SGD(Parameters parameters, const SGDOptions& options)
    : Optimizer(std::move(parameters),
                options.momentum != 0 ? std::vector<std::string>{"momentum"} : std::vector<std::string>{},
                options.lr, options.weight_decay),
      options_(options) {
  check<ValueError>(options.momentum >= 0, "SGD: momentum is {}, expected at least 0", options.momentum);
  check<ValueError>(options.dampening >= 0, "SGD: dampening is {}, expected at least 0", options.dampening);
  check<ValueError>(!options.nesterov || (options.momentum > 0 && options.dampening == 0),
                    "SGD: nesterov needs momentum > 0 and dampening = 0, got {} and {}", options.momentum,
                    options.dampening);
  arguments_.reserve(parameter_count());
}

void SGD::update(const Run& run) {
  arguments_.clear();
  for (Item* const* item = run.begin; item != run.end; ++item) {
    const Item& it = **item;
    arguments_.push_back(
        {View(it.parameter), ConstView(it.gradient), it.slots.empty() ? View() : View(it.slots[0])});
  }
  backend_for(run.device)
      .sgd_step({.items = arguments_,
                 .lr = run.lr,
                 .momentum = options_.momentum,
                 .dampening = options_.dampening,
                 .weight_decay = run.weight_decay,
                 .nesterov = options_.nesterov,
                 .first_step = run.step == 1});
}

}  // namespace infograd::optim
