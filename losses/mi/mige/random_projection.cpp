#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/losses/mi/mige/random_projection.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/random_ops.h>

namespace infograd::losses {

Tensor random_projection(const Tensor& x, const MigeOptions& options) {
  const NoGrad no_grad;
  Generator fixed(options.rp_seed);
  Generator& generator = options.rp_resample ? default_generator() : fixed;
  const Shape shape{options.rp_dim, x.size(1)};
  const double k = static_cast<double>(options.rp_dim);
  if (options.rp_law == RpLaw::gaussian)
    return rand_normal(shape, 0, 1 / std::sqrt(k), x.dtype(), generator, x.device());
  const Tensor u = rand_uniform(shape, 0, 6, x.dtype(), generator, x.device());
  return (lt(u, 1).to(x.dtype()) - ge(u, 5).to(x.dtype())) * std::sqrt(3 / k);
}

}  // namespace infograd::losses
