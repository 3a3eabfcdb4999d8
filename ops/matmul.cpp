// Matrix products, and linear with its fused bias and activation. Gradients multiply transposed views:
// nothing is copied.
#include <infograd/backends/row_sums.h>
#include <infograd/ops/activation.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/support.h>

namespace infograd {
namespace {

/// `shape` with its last `drop` axes replaced by `tail`.
Shape replace_tail(const Shape& shape, int drop, std::initializer_list<int64_t> tail) {
  Shape out(std::span<const int64_t>(shape.begin(), shape.end() - drop));
  for (const int64_t extent : tail) out.push_back(extent);
  return out;
}

/// Rows of x when every axis but the last is merged.
int64_t count_rows(const Tensor& x) {
  return replace_tail(x.shape(), 1, {}).numel();
}

/// a [..., M, K] @ b [..., K, N], batch axes broadcast, both ranks at least 2.
Tensor product(const Tensor& a, const Tensor& b, Precision precision) {
  const int64_t m = a.size(-2), k = a.size(-1), n = b.size(-1);
  const Shape batch =
      broadcast_shapes(replace_tail(a.shape(), 2, {}), replace_tail(b.shape(), 2, {}), "matmul (batch axes)");
  Tensor out = empty(replace_tail(batch, 0, {m, n}), a.dtype(), a.device());
  {
    const trace::Call call("matmul");
    backend_for(a.device())
        .gemm({.out = View(out),
               .a = ConstView::broadcast(a, replace_tail(batch, 0, {m, k})),
               .b = ConstView::broadcast(b, replace_tail(batch, 0, {k, n})),
               .bias = {},
               .precision = precision});
  }
  if (grad_needed({&a, &b})) {
    record(out, "matmul", {&a, &b},
           [a = detail::saved_if(b.requires_grad(), a), b = detail::saved_if(a.requires_grad(), b),
            precision](const Tensor& g, Needs needs) {
             return Grads{needs[0] ? product(g, transpose(b.get()), precision) : Tensor(),
                          needs[1] ? product(transpose(a.get()), g, precision) : Tensor()};
           });
  }
  return out;
}

struct LayerGrads {
  Tensor weight, bias;
};

/// Gradients of weight [out, in] and bias [out] from dz [rows, out] and x [rows, in]: together where the
/// backend can, outside the graph.
LayerGrads layer_grads(const Tensor& dz, const Tensor& x, Precision precision, bool weight, bool bias) {
  const Tensor left = weight ? transpose(dz) : Tensor();
  if (weight && bias && !grad_enabled() && !dz.device().is_cpu()) {
    LayerGrads grads{empty({left.size(0), x.size(1)}, x.dtype(), x.device()),
                     empty({left.size(0)}, x.dtype(), x.device())};
    const trace::Call call("linear_grad");
    if (gemm_with_row_sums({.out = View(grads.weight),
                            .a = ConstView(left),
                            .b = ConstView(x),
                            .bias = {},
                            .precision = precision},
                           View(grads.bias), x.device()))
      return grads;
  }
  return {weight ? product(left, x, precision) : Tensor(), bias ? sum(dz, {0}) : Tensor()};
}

void check_linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_same("linear", x, weight);
  check_floating("linear", "x", x);
  if (weight.rank() != 2 || x.rank() == 0 || x.size(-1) != weight.size(1)) {
    fail<ShapeError>(
        "linear: x {} does not fit weight {}: weight is [out, in] and the last axis of x must be in; images "
        "are flattened first, and a weight stored as [in, out] is transposed",
        describe(x), describe(weight));
  }
  if (!bias.defined()) return;
  check_same("linear", weight, bias);
  if (bias.rank() != 1 || bias.size(0) != weight.size(0)) {
    fail<ShapeError>("linear: bias {} does not fit weight {}: one bias per output, so bias must be [{}]",
                     describe(bias), describe(weight), weight.size(0));
  }
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  check_same("matmul", a, b);
  check_floating("matmul", "a", a);
  if (a.rank() == 0 || b.rank() == 0) {
    fail<ShapeError>("matmul: {} @ {}: a 0-d operand is no matrix; scale with `*` instead", describe(a),
                     describe(b));
  }
  const int64_t inner_a = a.size(-1), inner_b = b.size(b.rank() == 1 ? 0 : -2);
  if (inner_a != inner_b) {
    fail<ShapeError>(
        "matmul: {} @ {}: the last axis of the first ({}) must equal the second-last of the second ({}); "
        "usually one of them has to be transposed",
        describe(a), describe(b), inner_a, inner_b);
  }
  if (a.rank() == 1) return squeeze(matmul(unsqueeze(a, 0), b), b.rank() == 1 ? 0 : -2);
  if (b.rank() == 1) return squeeze(matmul(a, unsqueeze(b, 1)), -1);
  if (a.rank() > 2 && b.rank() == 2) {
    // One right operand for the whole batch: a single large product, here and for the gradient of b.
    const Tensor rows = product(reshape(a, {count_rows(a), inner_a}), b, matmul_precision());
    return reshape(rows, replace_tail(a.shape(), 1, {b.size(1)}));
  }
  return product(a, b, matmul_precision());
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  check_linear(x, weight, bias);
  const int64_t rows = count_rows(x), in = weight.size(1), out = weight.size(0);
  if (x.rank() != 2) {
    return reshape(linear(reshape(x, {rows, in}), weight, bias, activation),
                   replace_tail(x.shape(), 1, {out}));
  }
  const bool recording = grad_needed({&x, &weight, &bias});
  if (recording && !derivative_from_result(activation)) return activate(activation, linear(x, weight, bias));

  const Precision precision = matmul_precision();
  Tensor y = empty({rows, out}, x.dtype(), x.device());
  {
    const trace::Call call("linear");
    const Strides s = weight.strides();
    backend_for(x.device())
        .gemm({.out = View(y),
               .a = ConstView(x),
               .b = ConstView(weight.raw_data(), weight.dtype(), {in, out}, {s[1], s[0]}),
               .bias = ConstView(bias),
               .activation = activation,
               .precision = precision});
  }
  if (recording) {
    record(
        y, "linear", {&x, &weight, &bias},
        [x = detail::saved_if(weight.requires_grad(), x),
         weight = detail::saved_if(x.requires_grad(), weight), fused = FusedActivation(activation, y),
         precision](const Tensor& g, Needs needs) {
          const Tensor dz = fused.grad(g);
          const LayerGrads layer =
              layer_grads(dz, needs[1] ? x.get() : Tensor(), precision, needs[1], needs[2]);
          return Grads{needs[0] ? product(dz, weight.get(), precision) : Tensor(), layer.weight, layer.bias};
        });
  }
  return y;
}

}  // namespace infograd
