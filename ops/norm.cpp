// Layer norm and batch norm. They share the formula of the gradient and differ in the axes they average over.
#include <infograd/ops/activation.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/layout.h>
#include <infograd/ops/norm.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/support.h>

namespace infograd {
namespace {

struct NormGrads {
  Tensor dx;
  Tensor dweight;  ///< not yet summed to the weight's shape
};

/// Gradients of (x - mean) / sqrt(var + eps) * weight through public ops, for second derivatives. Mean and
/// variance are over `axes`; `weight` broadcasts to x or is undefined. Layer norm and batch norm differ only
/// in those.
NormGrads composed_norm_grad(const Tensor& g, const Tensor& x, const Tensor& weight, const Axes& axes,
                             double eps) {
  const Tensor rstd = rsqrt(var(x, axes, 0, true) + eps);
  const Tensor xhat = (x - mean(x, axes, true)) * rstd;
  const Tensor gw = weight.defined() ? g * weight : g;
  return {rstd * (gw - mean(gw, axes, true) - xhat * mean(gw * xhat, axes, true)), g * xhat};
}

void check_parameter(const char* op, const char* what, const Tensor& x, const Tensor& parameter,
                     const Shape& expected) {
  if (!parameter.defined()) return;
  check_same(op, x, parameter);
  if (parameter.shape() != expected) {
    fail<ShapeError>("{}: {} is {} but x {} needs {}; was the layer made for another width?", op, what,
                     describe(parameter), describe(x), to_string(expected));
  }
}

Tensor empty_if(bool wanted, const Shape& shape, const Tensor& like) {
  return wanted ? empty(shape, like.dtype(), like.device()) : Tensor();
}

// ---- layer norm

/// x seen as rows of the normalised axes.
struct RowsOf {
  Shape normalized;  ///< the last axes
  int64_t rows, width;

  RowsOf(const Tensor& x, int axes)
      : normalized(std::span<const int64_t>(x.shape().end() - axes, x.shape().end())),
        rows(Shape(std::span<const int64_t>(x.shape().begin(), x.shape().end() - axes)).numel()),
        width(normalized.numel()) {}
  View operator()(const Tensor& t) const { return as_matrix(t, rows, width); }
};

Grads layer_norm_grad(const Tensor& g, const Tensor& x_given, const Tensor& weight_given, const Tensor& mean,
                      const Tensor& rstd, const RowsOf& rows, Needs needs) {
  const Tensor dy = packed(g), x = packed(x_given), weight = packed(weight_given);
  const Tensor dx = empty_if(needs[0], x.shape(), x);
  const Tensor dweight = empty_if(needs[1], rows.normalized, x);
  const Tensor dbias = empty_if(needs[2], rows.normalized, x);
  const trace::Call call("layer_norm_grad");
  backend_for(x.device())
      .layer_norm_grad({.dy = rows(dy),
                        .x = rows(x),
                        .weight = as_vector(weight),
                        .mean = ConstView(mean),
                        .rstd = ConstView(rstd),
                        .dx = rows(dx),
                        .dweight = as_vector(dweight),
                        .dbias = as_vector(dbias)});
  return {dx, dweight, dbias};
}

// ---- batch norm

Axes all_axes_but_channels(const Tensor& x) {
  Axes axes{0};
  for (int axis = 2; axis < x.rank(); ++axis) axes.push_back(axis);
  return axes;
}

/// [C] as [1, C, 1, ...], so that it broadcasts to x.
Tensor per_channel(const Tensor& v, const Tensor& x) {
  if (!v.defined()) return v;
  Shape shape(Dims::filled(x.rank(), 1));
  shape[1] = x.size(1);
  return reshape(v, shape);
}

/// Kernels take row-major and channels-last images as they are.
Tensor dense_image(const Tensor& x) {
  return is_channels_last(x) ? x : packed(x);
}

void check_batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                      const Tensor& running_var, const BatchNormOptions& options) {
  const char* op = "batch_norm";
  check_floating(op, "x", x);
  if (x.rank() < 2) fail<ShapeError>("{}: x {} has no channel axis; it must be [B, C, ...]", op, describe(x));
  const Shape channels{x.size(1)};
  check_parameter(op, "weight", x, weight, channels);
  check_parameter(op, "bias", x, bias, channels);
  check_parameter(op, "running_mean", x, running_mean, channels);
  check_parameter(op, "running_var", x, running_var, channels);
  check<ValueError>(running_mean.defined() == running_var.defined(),
                    "{}: running_mean and running_var must be given together", op);
  check<ValueError>(options.training || running_mean.defined(),
                    "{}: evaluation needs running_mean and running_var; a layer without them can only train",
                    op);
  check<ValueError>(options.activation == Activation::none || options.activation == Activation::relu,
                    "{}: only relu can be fused; apply other activations to the result", op);
  const int64_t per_channel_count = x.size(1) == 0 ? 0 : x.numel() / x.size(1);
  if (options.training && per_channel_count == 1) {
    fail<ValueError>(
        "{}: x {} has one value per channel, whose variance says nothing; a last batch of one sample is the "
        "usual cause: drop it or call eval()",
        op, describe(x));
  }
}

/// What backward needs of one batch norm besides its tensors.
struct BatchNormSaved {
  Saved x, weight;
  FusedActivation fused;
  Tensor mean, rstd;
  BatchNormOptions options;
};

Grads batch_norm_grad(const Tensor& g, const BatchNormSaved& saved, const Tensor& x_given,
                      const Tensor& weight, Needs needs) {
  const Tensor dy = dense_image(g), x = dense_image(x_given);
  const Tensor y = saved.fused.result();
  const Shape channels{x.size(1)};
  const Tensor dx = needs[0] ? detail::empty_like_layout(x, x.dtype()) : Tensor();
  const Tensor dweight = empty_if(needs[1], channels, x);
  const Tensor dbias = empty_if(needs[2], channels, x);
  const trace::Call call("batch_norm_grad");
  backend_for(x.device())
      .batch_norm_grad({.dy = ConstView(dy),
                        .x = ConstView(x),
                        .y = ConstView(y),
                        .weight = ConstView(weight),
                        .save_mean = ConstView(saved.mean),
                        .save_rstd = ConstView(saved.rstd),
                        .dx = optional_view(dx),
                        .dweight = optional_view(dweight),
                        .dbias = optional_view(dbias),
                        .training = saved.options.training,
                        .activation = saved.fused.kind()});
  return {dx, dweight, dbias};
}

Grads composed_batch_norm_grad(const Tensor& g_given, const BatchNormSaved& saved, const Tensor& x,
                               const Tensor& weight_given) {
  const Axes axes = all_axes_but_channels(x);
  const Tensor weight = per_channel(weight_given, x);
  const Tensor g = saved.fused.grad(g_given);
  NormGrads grads;
  if (saved.options.training) {
    grads = composed_norm_grad(g, x, weight, axes, saved.options.eps);
  } else {  // the statistics are constants
    const Tensor rstd = per_channel(saved.rstd, x);
    grads = {(weight.defined() ? g * weight : g) * rstd, g * ((x - per_channel(saved.mean, x)) * rstd)};
  }
  return {grads.dx, sum(grads.dweight, axes), sum(g, axes)};
}

}  // namespace

Tensor layer_norm(const Tensor& x, int normalized_axes, const Tensor& weight, const Tensor& bias,
                  double eps) {
  check_floating("layer_norm", "x", x);
  if (normalized_axes < 1 || normalized_axes > x.rank()) {
    fail<ShapeError>("layer_norm: cannot normalise the last {} axes of x {}; between 1 and {} are possible",
                     normalized_axes, describe(x), x.rank());
  }
  const RowsOf rows(x, normalized_axes);
  check_parameter("layer_norm", "weight", x, weight, rows.normalized);
  check_parameter("layer_norm", "bias", x, bias, rows.normalized);

  Tensor y = empty(x.shape(), x.dtype(), x.device());
  const Tensor mean = empty({rows.rows}, x.dtype(), x.device());
  const Tensor rstd = empty({rows.rows}, x.dtype(), x.device());
  {
    const trace::Call call("layer_norm");
    const Tensor x_rows = packed(x), w = packed(weight), b = packed(bias);
    backend_for(x.device())
        .layer_norm({.x = rows(x_rows),
                     .weight = as_vector(w),
                     .bias = as_vector(b),
                     .y = rows(y),
                     .mean = View(mean),
                     .rstd = View(rstd),
                     .eps = eps});
  }
  if (grad_needed({&x, &weight, &bias})) {
    record(y, "layer_norm", {&x, &weight, &bias},
           [x = Saved(x), weight = Saved(weight), mean, rstd, rows, normalized_axes, eps](
               const Tensor& g, Needs needs) -> Grads {
             const Tensor input = x.get(), w = weight.get();
             if (!grad_enabled()) return layer_norm_grad(g, input, w, mean, rstd, rows, needs);
             Axes axes;
             for (int i = input.rank() - normalized_axes; i < input.rank(); ++i) axes.push_back(i);
             const NormGrads grads = composed_norm_grad(g, input, w, axes, eps);
             return {grads.dx, grads.dweight, g};
           });
  }
  return y;
}

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor running_mean,
                  Tensor running_var, const BatchNormOptions& options) {
  check_batch_norm(x, weight, bias, running_mean, running_var, options);
  const Tensor image = dense_image(x);
  Tensor y = detail::empty_like_layout(image, image.dtype());
  if (x.numel() == 0) running_mean = running_var = {};  // an empty batch teaches nothing
  const bool recording = grad_needed({&x, &weight, &bias});
  Tensor mean, rstd;
  if (options.training) {
    mean = empty({x.size(1)}, x.dtype(), x.device());
    rstd = empty({x.size(1)}, x.dtype(), x.device());
  } else if (recording && running_mean.defined()) {  // copies: later training may move the running statistics
    NoGrad off;
    mean = running_mean.clone();
    rstd = rsqrt(running_var + options.eps);
  }
  if (x.numel() > 0) {
    const trace::Call call("batch_norm");
    backend_for(x.device())
        .batch_norm({.x = ConstView(image),
                     .weight = ConstView(weight),
                     .bias = ConstView(bias),
                     .y = View(y),
                     .running_mean = optional_view(running_mean),
                     .running_var = optional_view(running_var),
                     .save_mean = options.training ? View(mean) : View(),
                     .save_rstd = options.training ? View(rstd) : View(),
                     .eps = options.eps,
                     .momentum = options.momentum,
                     .training = options.training,
                     .activation = options.activation});
    if (options.training && running_mean.defined()) {
      running_mean.impl().storage->bump_version();
      running_var.impl().storage->bump_version();
    }
  }
  if (recording) {
    BatchNormSaved saved{Saved(x), Saved(weight), FusedActivation(options.activation, y),
                         mean,     rstd,          options};
    record(y, "batch_norm", {&x, &weight, &bias},
           [saved = std::move(saved)](const Tensor& g, Needs needs) -> Grads {
             const Tensor input = saved.x.get(), w = saved.weight.get();
             if (input.numel() == 0) {
               const Tensor none = zeros({input.size(1)}, input.dtype(), input.device());
               return {zeros_like(input), none, none};
             }
             return grad_enabled() ? composed_batch_norm_grad(g, saved, input, w)
                                   : batch_norm_grad(g, saved, input, w, needs);
           });
  }
  return y;
}

}  // namespace infograd
