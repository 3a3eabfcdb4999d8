#include <cmath>

#include <infograd/autograd/record.h>
#include <infograd/backends/registry.h>
#include <infograd/core/trace.h>
#include <infograd/losses/mi/milc/label_marginal.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/softmax.h>

namespace infograd::losses {
namespace {

/// The gradient through public ops, for second derivatives.
Tensor composed_grad(const Tensor& g, const Tensor& logits, const Tensor& labels, const Tensor& out) {
  const int64_t n = logits.size(0);
  const Tensor l = log_softmax(logits), marginal = slice(out, 0, n);
  const Tensor pull = exp(l - masked_fill(marginal, eq(marginal.detach(), -INFINITY), 0));
  const Tensor on_label = one_hot(labels, logits.size(1), logits.dtype()) * unsqueeze(slice(g, 0, 0, n), 1);
  const Tensor dl = on_label + pull * slice(g, 0, n) / static_cast<double>(n);
  return dl - exp(l) * sum(dl, {1}, true);
}

}  // namespace

LabelMarginal label_marginal(const Tensor& logits, const Tensor& labels) {
  const int64_t n = logits.size(0), classes = logits.size(1);
  const Tensor z = logits.contiguous(), y = labels.contiguous();
  Tensor out = empty({n + classes}, z.dtype(), z.device());
  const Tensor lse = empty({2, n}, z.dtype(), z.device());
  const auto arguments = [](const Tensor& scores, const Tensor& classes_of, const Tensor& result,
                            const Tensor& row_lse) {
    LabelMarginalArgs args;
    args.logits = ConstView(scores);
    args.labels = ConstView(classes_of);
    args.out = View(result);
    args.lse = View(row_lse);
    return args;
  };
  {
    const trace::Call call("label_marginal");
    backend_for(z.device()).label_marginal(arguments(z, y, out, lse));
  }
  if (grad_needed({&z})) {
    record(out, "label_marginal", {&z},
           [arguments, z = Saved(z), y = Saved(y), out = SavedOutput(out), lse](const Tensor& g) {
             const Tensor scores = z.get(), classes_of = y.get(), result = out.get();
             if (grad_enabled()) return composed_grad(g, scores, classes_of, result);
             const Tensor seed = g.contiguous();
             Tensor dlogits = empty(scores.shape(), scores.dtype(), scores.device());
             LabelMarginalArgs args = arguments(scores, classes_of, result, lse);
             args.grad = ConstView(seed);
             args.dlogits = View(dlogits);
             const trace::Call call("label_marginal_grad");
             backend_for(scores.device()).label_marginal_grad(args);
             return dlogits;
           });
  }
  return {slice(out, 0, 0, n), slice(out, 0, n)};
}

}  // namespace infograd::losses
