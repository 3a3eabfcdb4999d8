#include <infograd/core/check.h>
#include <infograd/nn/init.h>
#include <infograd/nn/linear.h>
#include <infograd/ops/matmul.h>

namespace infograd::nn {

Linear::Linear(int64_t in, int64_t out, const LinearOptions& options)
    : Module(fmt::format("Linear({}, {})", in, out)), activation_(options.activation) {
  check<ValueError>(in > 0 && out > 0, "Linear: needs at least one input and one output, got {} and {}", in,
                    out);
  Generator& generator = init::generator_or_default(options.generator);
  weight_ = param("weight", init::fan_in_uniform_(empty({out, in}), in, generator));
  if (options.bias) bias_ = param("bias", init::fan_in_uniform_(empty({out}), in, generator));
}

Tensor Linear::operator()(const Tensor& x) const {
  return linear(x, weight_, bias_, activation_);
}

}  // namespace infograd::nn
