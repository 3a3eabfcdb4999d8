#include <infograd/backends/linalg.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/pairwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/support.h>

namespace infograd {

namespace {

void check_rows(std::string_view argument, const Tensor& x) {
  check_defined("squared_distances", argument, x);
  if (x.dtype() != DType::f32 && x.dtype() != DType::f64)
    fail<DTypeError>("squared_distances: {} is {}, but f32 or f64 is needed; convert with to(DType::f32)",
                     argument, describe(x));
  if (x.rank() != 2)
    fail<ShapeError>("squared_distances: {} is {}, but rows [n, d] are needed; flatten(x, 1) makes them",
                     argument, describe(x));
}

/// Gradient of sum_ij w_ij |x_i - y_j|^2 with respect to x.
Tensor weighted_differences(const Tensor& w, const Tensor& x, const Tensor& y) {
  return 2.0 * (sum(w, {1}, true) * x - matmul(w, y));
}

}  // namespace

Tensor squared_distances(const Tensor& x, const Tensor& y) {
  check_rows("x", x);
  const bool itself = !y.defined();
  if (!itself) {
    check_rows("y", y);
    check_same("squared_distances", x, y);
    if (x.size(1) != y.size(1))
      fail<ShapeError>("squared_distances: x {} and y {} need rows of one width", describe(x), describe(y));
  }
  const Tensor left = x.detach().contiguous(), right = itself ? Tensor() : y.detach().contiguous();
  Tensor out = empty({x.size(0), itself ? x.size(0) : y.size(0)}, x.dtype(), x.device());
  if (out.numel() > 0) {
    const trace::Call call("squared_distances");
    linalg_backend_for(x.device()).squared_distances(View(out), ConstView(left), ConstView(right));
  }
  if (grad_needed({&x, &y})) {
    record(out, "squared_distances", {&x, &y},
           [x = Saved(x), y = itself ? Saved() : Saved(y)](const Tensor& g, Needs needs) {
             const Tensor from = x.get();
             if (!y.defined()) return Grads{weighted_differences(g + transpose(g), from, from), Tensor()};
             const Tensor to = y.get();
             return Grads{needs[0] ? weighted_differences(g, from, to) : Tensor(),
                          needs[1] ? weighted_differences(transpose(g), to, from) : Tensor()};
           });
  }
  return out;
}

}  // namespace infograd
