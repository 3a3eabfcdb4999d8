// Optimizer steps over a list of parameters, element by element.
#include <cmath>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

using namespace reference;

void ReferenceBackend::adam_step(const AdamArgs& args) {
  const double correction1 = 1 - std::pow(args.beta1, static_cast<double>(args.step));
  const double correction2 = 1 - std::pow(args.beta2, static_cast<double>(args.step));
  for (const AdamItem& item : args.items)
    visit_floating("adam", item.param.dtype, [&](auto zero) {
      using T = decltype(zero);
      const Elements<T> param(item.param), grad(item.grad), m_of(item.m), v_of(item.v);
      for_each<4>(item.param.shape, {item.param.strides, item.grad.strides, item.m.strides, item.v.strides},
                  [&](int64_t p, int64_t g, int64_t i, int64_t j) {
                    double value = param.at(p), slope = grad.at(g) * args.grad_scale;
                    if (args.decoupled)
                      value -= args.lr * args.weight_decay * value;
                    else
                      slope += args.weight_decay * value;
                    const double m = args.beta1 * m_of.at(i) + (1 - args.beta1) * slope;
                    const double v = args.beta2 * v_of.at(j) + (1 - args.beta2) * slope * slope;
                    m_of.set_at(i, m);
                    v_of.set_at(j, v);
                    param.set_at(
                        p, value - args.lr * (m / correction1) / (std::sqrt(v / correction2) + args.eps));
                  });
    });
}

void ReferenceBackend::sgd_step(const SgdArgs& args) {
  for (const SgdItem& item : args.items)
    visit_floating("sgd", item.param.dtype, [&](auto zero) {
      using T = decltype(zero);
      const Elements<T> param(item.param), grad(item.grad), momentum(item.momentum);
      const Strides& momentum_strides = momentum ? item.momentum.strides : item.param.strides;
      for_each<3>(item.param.shape, {item.param.strides, item.grad.strides, momentum_strides},
                  [&](int64_t p, int64_t g, int64_t i) {
                    const double value = param.at(p);
                    double step = grad.at(g) * args.grad_scale + args.weight_decay * value;
                    if (momentum) {
                      const double b =
                          args.momentum * momentum.at(i) + (args.first_step ? 1 : 1 - args.dampening) * step;
                      momentum.set_at(i, b);
                      step = args.nesterov ? step + args.momentum * b : b;
                    }
                    param.set_at(p, value - args.lr * step);
                  });
    });
}

}  // namespace infograd
