#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/backends/waits.h>
#include <infograd/core/check.h>
#include <infograd/nn/optim/clip.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::optim {

namespace {

/// True when nobody but the leaf holds this gradient. One shared by two leaves must not be scaled twice.
bool is_unshared(const Tensor& gradient) {
  const TensorImpl& impl = gradient.impl();
  return impl.use_count() <= 2 && impl.storage->use_count() == 1;  // 2: the leaf and `gradient`
}

}  // namespace

double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm) {
  check<ValueError>(max_norm > 0, "clip_grad_norm: max_norm is {}, expected more than 0", max_norm);
  const NoGrad guard;
  std::vector<Tensor> norms;
  norms.reserve(parameters.size());
  for (const Tensor& parameter : parameters)
    if (const Tensor gradient = parameter.grad(); gradient.defined())
      norms.push_back(norm(gradient).to(DType::f64));
  if (norms.empty()) return 0;

  const waits::Reason reason("clip_grad_norm");
  const double total = norm(stack(norms)).item();
  if (!std::isfinite(total) || total <= max_norm) return total;
  for (Tensor parameter : parameters) {
    Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    if (is_unshared(gradient))
      mul_(gradient, max_norm / total);
    else
      parameter.set_grad(gradient * (max_norm / total));
  }
  return total;
}

void clip_grad_value(const std::vector<Tensor>& parameters, double max_value) {
  check<ValueError>(max_value >= 0, "clip_grad_value: max_value is {}, expected at least 0", max_value);
  const NoGrad guard;
  for (Tensor parameter : parameters) {
    Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    if (is_unshared(gradient))
      clamp_(gradient, -max_value, max_value);
    else
      parameter.set_grad(clamp(gradient, -max_value, max_value));
  }
}

}  // namespace infograd::optim
