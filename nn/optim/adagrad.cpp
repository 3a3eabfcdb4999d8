#include <infograd/backends/capture.h>
#include <infograd/core/check.h>
#include <infograd/nn/optim/adagrad.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/inplace.h>

namespace infograd::optim {

Adagrad::Adagrad(Parameters parameters, const AdagradOptions& options)
    : Optimizer(std::move(parameters), {"sum"}, options.lr, options.weight_decay), options_(options) {
  check<ValueError>(options.lr_decay >= 0 && options.eps >= 0,
                    "Adagrad: lr_decay {} and eps {}, expected both at least 0", options.lr_decay,
                    options.eps);
}

void Adagrad::update(const Run& run) {
  check<ValueError>(
      Capture::current() == nullptr || options_.lr_decay == 0,
      "Adagrad: lr_decay {} changes the rate at every step, which a captured step cannot follow",
      options_.lr_decay);
  const double lr = run.lr / (1 + static_cast<double>(run.step - 1) * options_.lr_decay);
  for (Item* const* item = run.begin; item != run.end; ++item) {
    auto& [name, p, gradient, slots, steps] = **item;
    const Tensor g = run.weight_decay != 0 ? gradient + p * run.weight_decay : gradient;
    add_(slots[0], square(g));
    add_(p, g / (sqrt(slots[0]) + options_.eps), -lr);
  }
}

}  // namespace infograd::optim
