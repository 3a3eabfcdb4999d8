// Element-wise functions of one operand: value and gradient of each on a few lines. A gradient has two forms:
// one fused kernel (unary_grad) for plain backward, and the formula in public ops when the backward itself is
// being recorded.
#include <cmath>
#include <numbers>

#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/support.h>

namespace infograd {

using detail::Accepts;
using detail::check_input;
using detail::run_unary;
using detail::run_unary_grad;

namespace {

// y = f(x) whose derivative is written with x: formula(g, x) = g * f'(x).
template <class Formula>
Tensor with_input(UnaryOp op, std::string_view name, const Tensor& x, Formula formula, double p0 = 0,
                  double p1 = 0, SecondOrder second_order = SecondOrder::yes) {
  Tensor out = run_unary(op, name, x, p0, p1);
  if (grad_needed({&x}))
    record(
        out, name, {&x},
        [op, p0, p1, formula, saved = Saved(x)](const Tensor& g) {
          const Tensor input = saved.get();
          return grad_enabled() ? formula(g, input) : run_unary_grad(op, g, input, {}, p0, p1);
        },
        second_order);
  return out;
}

// y = f(x) whose derivative is written with y: formula(g, y) = g * f'(x). x is not kept.
template <class Formula>
Tensor with_output(UnaryOp op, std::string_view name, const Tensor& x, Formula formula) {
  check_input(name, "x", x, Accepts::floating);
  Tensor out = run_unary(op, name, x);
  if (grad_needed({&x}))
    record(out, name, {&x}, [op, formula, saved = SavedOutput(out)](const Tensor& g) {
      const Tensor output = saved.get();
      return grad_enabled() ? formula(g, output) : run_unary_grad(op, g, {}, output);
    });
  return out;
}

template <class Formula>
Tensor smooth(UnaryOp op, std::string_view name, const Tensor& x, Formula formula, double p0 = 0,
              double p1 = 0) {
  check_input(name, "x", x, Accepts::floating);
  return with_input(op, name, x, formula, p0, p1);
}

// Constant between jumps: the derivative is 0 wherever it exists.
Tensor step_function(UnaryOp op, std::string_view name, const Tensor& x) {
  Tensor out = run_unary(op, name, x);
  if (grad_needed({&x})) record(out, name, {&x}, [](const Tensor& g) { return zeros_like(g); });
  return out;
}

// g where mask is set, else 0: a NaN or infinity in g does not leak through as 0 * NaN would.
Tensor keep(const Tensor& g, const Tensor& mask) {
  return masked_fill(g, logical_not(mask), 0);
}

}  // namespace

Tensor neg(const Tensor& x) {
  check_input("neg", "x", x, Accepts::number);
  Tensor out = run_unary(UnaryOp::neg, "neg", x);
  if (grad_needed({&x})) record(out, "neg", {&x}, [](const Tensor& g) { return neg(g); });
  return out;
}

Tensor affine(const Tensor& x, double scale, double shift) {
  check_input("affine", "x", x, Accepts::number);
  detail::check_scalar("affine", scale, x.dtype());
  detail::check_scalar("affine", shift, x.dtype());
  Tensor out = run_unary(UnaryOp::affine, "affine", x, scale, shift);
  if (grad_needed({&x}))
    record(out, "affine", {&x}, [scale](const Tensor& g) { return affine(g, scale, 0); });
  return out;
}

Tensor abs(const Tensor& x) {
  check_input("abs", "x", x, Accepts::number);
  return with_input(UnaryOp::abs, "abs", x, [](const Tensor& g, const Tensor& in) { return g * sign(in); });
}

Tensor square(const Tensor& x) {
  check_input("square", "x", x, Accepts::number);
  return with_input(UnaryOp::square, "square", x,
                    [](const Tensor& g, const Tensor& in) { return g * (2 * in); });
}

Tensor clamp(const Tensor& x, double lower, double upper) {
  check_input("clamp", "x", x, Accepts::number);
  // Infinite bounds leave a side open; for i64 the ends of its range do.
  const bool whole = x.dtype() == DType::i64;
  const double lo = whole && std::isinf(lower) && lower < 0 ? -0x1p63 : lower;
  const double hi = whole && std::isinf(upper) && upper > 0 ? 0x1.fffffffffffffp62 : upper;
  detail::check_scalar("clamp", lo, x.dtype());
  detail::check_scalar("clamp", hi, x.dtype());
  return with_input(
      UnaryOp::clamp, "clamp", x,
      [lo, hi](const Tensor& g, const Tensor& in) { return keep(g, logical_and(ge(in, lo), le(in, hi))); },
      lo, hi);
}

Tensor pow(const Tensor& x, double exponent) {
  const auto formula = [exponent](const Tensor& g, const Tensor& in) {
    if (exponent == 0) return zeros_like(g);  // 0 * x^-1 would be NaN at 0
    return g * (exponent * pow(in, exponent - 1));
  };
  return smooth(UnaryOp::pow, "pow", x, formula, exponent);
}

// Written with the output.

Tensor sqrt(const Tensor& x) {
  return with_output(UnaryOp::sqrt, "sqrt", x, [](const Tensor& g, const Tensor& y) { return g / (2 * y); });
}
Tensor rsqrt(const Tensor& x) {
  return with_output(UnaryOp::rsqrt, "rsqrt", x,
                     [](const Tensor& g, const Tensor& y) { return g * (-0.5 * (y * square(y))); });
}
Tensor reciprocal(const Tensor& x) {
  return with_output(UnaryOp::reciprocal, "reciprocal", x,
                     [](const Tensor& g, const Tensor& y) { return -(g * square(y)); });
}
Tensor exp(const Tensor& x) {
  return with_output(UnaryOp::exp, "exp", x, [](const Tensor& g, const Tensor& y) { return g * y; });
}
Tensor expm1(const Tensor& x) {
  return with_output(UnaryOp::expm1, "expm1", x,
                     [](const Tensor& g, const Tensor& y) { return g * (y + 1); });
}
Tensor tanh(const Tensor& x) {
  return with_output(UnaryOp::tanh, "tanh", x,
                     [](const Tensor& g, const Tensor& y) { return g * (1 - square(y)); });
}
Tensor sigmoid(const Tensor& x) {
  return with_output(UnaryOp::sigmoid, "sigmoid", x,
                     [](const Tensor& g, const Tensor& y) { return g * (y * (1 - y)); });
}
// y > 0 exactly where x > 0, so that the input of a layer need not stay alive.
Tensor relu(const Tensor& x) {
  return with_output(UnaryOp::relu, "relu", x,
                     [](const Tensor& g, const Tensor& y) { return keep(g, gt(y, 0)); });
}

// Written with the input.

Tensor log(const Tensor& x) {
  return smooth(UnaryOp::log, "log", x, [](const Tensor& g, const Tensor& in) { return g / in; });
}
Tensor log1p(const Tensor& x) {
  return smooth(UnaryOp::log1p, "log1p", x, [](const Tensor& g, const Tensor& in) { return g / (in + 1); });
}
Tensor sin(const Tensor& x) {
  return smooth(UnaryOp::sin, "sin", x, [](const Tensor& g, const Tensor& in) { return g * cos(in); });
}
Tensor cos(const Tensor& x) {
  return smooth(UnaryOp::cos, "cos", x, [](const Tensor& g, const Tensor& in) { return -(g * sin(in)); });
}
Tensor softplus(const Tensor& x) {
  return smooth(UnaryOp::softplus, "softplus", x,
                [](const Tensor& g, const Tensor& in) { return g * sigmoid(in); });
}
Tensor leaky_relu(const Tensor& x, double slope) {
  const auto formula = [slope](const Tensor& g, const Tensor& in) { return where(gt(in, 0), g, slope * g); };
  return smooth(UnaryOp::leaky_relu, "leaky_relu", x, formula, slope);
}
Tensor elu(const Tensor& x, double alpha) {
  const auto formula = [alpha](const Tensor& g, const Tensor& in) {
    return where(gt(in, 0), g, g * (alpha * exp(clamp(in, -INFINITY, 0))));
  };
  return smooth(UnaryOp::elu, "elu", x, formula, alpha);
}
Tensor gelu(const Tensor& x, GeluForm form) {
  if (form == GeluForm::exact) {  // Phi(x) + x phi(x)
    return smooth(UnaryOp::gelu, "gelu", x, [](const Tensor& g, const Tensor& in) {
      const Tensor cdf = affine(erf(in * (1 / std::numbers::sqrt2)), 0.5, 0.5);
      const Tensor density = exp(-0.5 * square(in)) * (0.5 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
      return g * (cdf + in * density);
    });
  }
  return smooth(UnaryOp::gelu_tanh, "gelu", x, [](const Tensor& g, const Tensor& in) {
    const double k = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // sqrt(2 / pi)
    const Tensor t = tanh(k * (in * affine(square(in), 0.044715, 1)));
    const Tensor inner = affine(square(in), 3 * 0.044715 * k, k);
    return g * (affine(t, 0.5, 0.5) + 0.5 * (in * ((1 - square(t)) * inner)));
  });
}
Tensor silu(const Tensor& x) {  // s + x s (1 - s)
  return smooth(UnaryOp::silu, "silu", x, [](const Tensor& g, const Tensor& in) {
    const Tensor s = sigmoid(in);
    return g * (s * (in * (1 - s) + 1));
  });
}
Tensor erf(const Tensor& x) {
  return smooth(UnaryOp::erf, "erf", x, [](const Tensor& g, const Tensor& in) {
    return g * (2 * std::numbers::inv_sqrtpi * exp(-square(in)));
  });
}
Tensor lgamma(const Tensor& x) {
  return smooth(UnaryOp::lgamma, "lgamma", x,
                [](const Tensor& g, const Tensor& in) { return g * digamma(in); });
}
Tensor digamma(const Tensor& x) {
  check_input("digamma", "x", x, Accepts::floating);
  return with_input(
      UnaryOp::digamma, "digamma", x, [](const Tensor& g, const Tensor& in) { return g * trigamma(in); }, 0,
      0, SecondOrder::no);
}
Tensor trigamma(const Tensor& x) {
  check_input("trigamma", "x", x, Accepts::floating);
  Tensor out = run_unary(UnaryOp::trigamma, "trigamma", x);
  if (grad_needed({&x}))
    record(out, "trigamma", {&x}, [](const Tensor&) -> Tensor {
      throw NotImplemented(
          "trigamma: has no gradient here (it would need polygamma of order 2); detach its input");
    });
  return out;
}

// Steps.

Tensor sign(const Tensor& x) {
  check_input("sign", "x", x, Accepts::number);
  return step_function(UnaryOp::sign, "sign", x);
}
Tensor floor(const Tensor& x) {
  check_input("floor", "x", x, Accepts::floating);
  return step_function(UnaryOp::floor, "floor", x);
}
Tensor ceil(const Tensor& x) {
  check_input("ceil", "x", x, Accepts::floating);
  return step_function(UnaryOp::ceil, "ceil", x);
}
Tensor round(const Tensor& x) {
  check_input("round", "x", x, Accepts::floating);
  return step_function(UnaryOp::round, "round", x);
}

}  // namespace infograd
