// Convolution.
//
// y = conv(x, w) is linear in x and in w, so three functions are closed under differentiation:
//   forward     (x, w) -> y      dx = data_grad(g, w)     dw = weight_grad(x, g)
//   data_grad   (y, w) -> x      dy = forward(h, w)       dw = weight_grad(h, y)
//   weight_grad (x, y) -> w      dx = data_grad(y, h)     dy = forward(x, h)
// Each is recorded, which makes conv2d differentiable any number of times.
#include <infograd/ops/activation.h>
#include <infograd/ops/conv.h>
#include <infograd/ops/layout.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/support.h>

namespace infograd {
namespace {

struct Geometry {
  std::array<int, 2> stride, padding, dilation;
  int groups;
  Precision precision;

  ConvArgs args(ConvPass pass) const {
    ConvArgs a;
    a.pass = pass;
    a.stride = stride;
    a.dilation = dilation;
    a.pad_begin = a.pad_end = padding;
    a.groups = groups;
    a.precision = precision;
    return a;
  }
};

Tensor forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Shape& y_shape,
               const Geometry& geometry, Activation activation);
Tensor data_grad(const Tensor& y, const Tensor& w, const Shape& x_shape, const Geometry& geometry);
Tensor weight_grad(const Tensor& x, const Tensor& y, const Shape& w_shape, const Geometry& geometry);

/// dw and, in the same pass, the gradient of the bias if `dbias` is defined.
Tensor run_weight_grad(const Tensor& x, const Tensor& y, const Shape& w_shape, const Tensor& dbias,
                       const Geometry& geometry) {
  Tensor dw = empty(w_shape, x.dtype(), x.device());
  Backend& backend = backend_for(x.device());
  if (x.size(0) == 0) {
    backend.fill(View(dw), 0);
    if (dbias.defined()) backend.fill(View(dbias), 0);
    return dw;
  }
  ConvArgs args = geometry.args(ConvPass::weight_grad);
  args.x = View(x);
  args.y = View(y);
  args.w = View(dw);
  args.bias = optional_view(dbias);
  const trace::Call call("conv2d_weight_grad");
  backend.conv(args);
  return dw;
}

/// x is undefined when nobody wants dw.
Grads forward_backward(const Tensor& g, const Tensor& x, const Tensor& w, const Shape& x_shape,
                       const Geometry& geometry, Needs needs) {
  Tensor dx, dw, dbias;
  if (needs[0]) dx = data_grad(g, w, x_shape, geometry);
  if (grad_enabled() || !needs[1]) {
    if (needs[1]) dw = weight_grad(x, g, w.shape(), geometry);
    if (needs[2]) dbias = sum(g, {0, 2, 3});
  } else {
    if (needs[2]) dbias = empty({w.size(0)}, g.dtype(), g.device());
    dw = run_weight_grad(x, g, w.shape(), dbias, geometry);
  }
  return {dx, dw, dbias};
}

Tensor forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Shape& y_shape,
               const Geometry& geometry, Activation activation) {
  Tensor y = empty_channels_last(y_shape, x.dtype(), x.device());
  if (y.numel() > 0) {
    ConvArgs args = geometry.args(ConvPass::forward);
    args.x = View(x);
    args.w = View(w);
    args.bias = optional_view(bias);
    args.y = View(y);
    args.activation = activation;
    const trace::Call call("conv2d");
    backend_for(x.device()).conv(args);
  }
  if (grad_needed({&x, &w, &bias})) {
    record(y, "conv2d", {&x, &w, &bias},
           [x = detail::saved_if(w.requires_grad(), x), w = Saved(w), x_shape = x.shape(),
            fused = FusedActivation(activation, y), geometry](const Tensor& g, Needs needs) {
             return forward_backward(fused.grad(g), x.get(), w.get(), x_shape, geometry, needs);
           });
  }
  return y;
}

Tensor data_grad(const Tensor& y, const Tensor& w, const Shape& x_shape, const Geometry& geometry) {
  Tensor dx = empty_channels_last(x_shape, y.dtype(), y.device());
  if (dx.numel() > 0) {
    ConvArgs args = geometry.args(ConvPass::data_grad);
    args.x = View(dx);
    args.w = View(w);
    args.y = View(y);
    const trace::Call call("conv2d_data_grad");
    backend_for(y.device()).conv(args);
  }
  if (grad_needed({&y, &w})) {
    record(dx, "conv2d_data_grad", {&y, &w},
           [y = Saved(y), w = Saved(w), geometry](const Tensor& h, Needs needs) {
             const Tensor y0 = y.get(), w0 = w.get();
             return Grads{needs[0] ? forward(h, w0, {}, y0.shape(), geometry, Activation::none) : Tensor(),
                          needs[1] ? weight_grad(h, y0, w0.shape(), geometry) : Tensor()};
           });
  }
  return dx;
}

Tensor weight_grad(const Tensor& x, const Tensor& y, const Shape& w_shape, const Geometry& geometry) {
  Tensor dw = run_weight_grad(x, y, w_shape, {}, geometry);
  if (grad_needed({&x, &y})) {
    record(dw, "conv2d_weight_grad", {&x, &y},
           [x = Saved(x), y = Saved(y), geometry](const Tensor& h, Needs needs) {
             const Tensor x0 = x.get(), y0 = y.get();
             return Grads{needs[0] ? data_grad(y0, h, x0.shape(), geometry) : Tensor(),
                          needs[1] ? forward(x0, h, {}, y0.shape(), geometry, Activation::none) : Tensor()};
           });
  }
  return dw;
}

void check_conv(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dOptions& options) {
  check_same("conv2d", x, weight);
  check_floating("conv2d", "x", x);
  const int groups = options.groups;
  check<ValueError>(groups >= 1, "conv2d: groups = {} must be at least 1", groups);
  if (x.rank() != 4 || weight.rank() != 4) {
    fail<ShapeError>(
        "conv2d: x {} must be [B, C, H, W] and weight {} must be [O, C/groups, kh, kw]; a single image "
        "needs a batch axis (unsqueeze)",
        describe(x), describe(weight));
  }
  if (x.size(1) != weight.size(1) * groups || weight.size(0) % groups != 0) {
    fail<ShapeError>(
        "conv2d: x {} has {} channels but weight {} with groups = {} takes {} (and {} outputs must divide by "
        "groups); images stored as [B, H, W, C] are permuted first",
        describe(x), x.size(1), describe(weight), groups, weight.size(1) * groups, weight.size(0));
  }
  for (int axis = 0; axis < 4; ++axis) {
    if ((axis > 0 && x.size(axis) == 0) || weight.size(axis) == 0) {
      fail<ShapeError>("conv2d: x {} and weight {}: only the batch may be empty", describe(x),
                       describe(weight));
    }
  }
  if (!bias.defined()) return;
  check_same("conv2d", x, bias);
  if (bias.rank() != 1 || bias.size(0) != weight.size(0)) {
    fail<ShapeError>("conv2d: bias {} does not fit weight {}: one bias per output channel, [{}]",
                     describe(bias), describe(weight), weight.size(0));
  }
}

Shape conv_shape(const Tensor& x, const Tensor& weight, const Conv2dOptions& options) {
  Shape shape{x.size(0), weight.size(0), 0, 0};
  for (int i = 0; i < 2; ++i) {
    const auto axis = static_cast<size_t>(i);
    const int stride = options.stride[axis], padding = options.padding[axis],
              dilation = options.dilation[axis];
    check<ValueError>(stride >= 1 && dilation >= 1 && padding >= 0,
                      "conv2d: stride {} and dilation {} must be at least 1, padding {} at least 0", stride,
                      dilation, padding);
    const int64_t padded = x.size(2 + i) + 2 * int64_t{padding};
    const int64_t reach = int64_t{dilation} * (weight.size(2 + i) - 1) + 1;
    if (reach > padded) {
      fail<ShapeError>(
          "conv2d: the kernel of weight {} with dilation {} spans {} pixels, more than the {} of x {} with "
          "padding {}; too many strides or poolings before this layer are the usual cause",
          describe(weight), dilation, reach, padded, describe(x), padding);
    }
    shape[2 + i] = (padded - reach) / stride + 1;
  }
  return shape;
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dOptions& options) {
  check_conv(x, weight, bias, options);
  const Shape shape = conv_shape(x, weight, options);
  const Geometry geometry{options.stride, options.padding, options.dilation, options.groups,
                          matmul_precision()};
  const bool separate = !derivative_from_result(options.activation) && grad_needed({&x, &weight, &bias});
  const Tensor y =
      forward(x, weight, bias, shape, geometry, separate ? Activation::none : options.activation);
  return separate ? activate(options.activation, y) : y;
}

}  // namespace infograd
