#include "align.h"

#include "../shared/thread_seconds.h"

namespace registration {

using namespace ig;

Alignment align(const Problem& problem, const shared::ImageLoss& loss, double lr_scale, const Tensor& start) {
  const double began = shared::thread_seconds();
  Tensor theta = (start.defined() ? start.clone() : zeros_like(problem.truth)).set_requires_grad();
  optim::Adam adam(std::vector<Tensor>{theta}, {.lr = problem.lr * lr_scale});
  adam.set_schedule(optim::CosineWarmup{.warmup_steps = 0, .total_steps = problem.steps, .min_lr = 0});
  for (int64_t step = 0; step < problem.steps; ++step) {
    adam.zero_grad();
    const SampledImage warped = sample_displaced(problem.moving, displacement(theta, problem.basis), 0);
    sum(loss(problem.fixed, warped.value, warped.inside)).backward();
    adam.step();
  }
  const NoGrad numbers;
  const Tensor inside =
      sample_displaced(problem.moving, displacement(theta.detach(), problem.basis), 0).inside;
  const Tensor seen = max(inside, {1, 2, 3});
  const Tensor off = displacement(theta.detach() - problem.truth, problem.basis);
  const Tensor errors = mean(sqrt(sum(square(off), {1})), {1, 2});
  return {.theta = theta.detach(),
          .errors = errors.to(DType::f64).to_vector<double>(),
          .out_of_frame = static_cast<int64_t>(sum(eq(seen, 0).to(DType::f64)).item()),
          .seconds = shared::thread_seconds() - began};
}

}  // namespace registration
