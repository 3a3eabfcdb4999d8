#include <infograd/core/check.h>
#include <infograd/nn/dropout.h>
#include <infograd/nn/init.h>
#include <infograd/ops/norm.h>

namespace infograd::nn {

Dropout::Dropout(double p, const DropoutOptions& options) : Module(fmt::format("Dropout({})", p)), p_(p) {
  check<ValueError>(p >= 0 && p < 1, "Dropout: p is {}, expected 0 <= p < 1", p);
  generator_ = generator("generator", init::generator_or_default(options.generator).split());
}

Tensor Dropout::operator()(const Tensor& x) const {
  return dropout(x, p_, is_training(), *generator_);
}

}  // namespace infograd::nn
