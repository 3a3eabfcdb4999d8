// Max and average pooling. Both gradients are linear, so both are recorded ops with gradients of their own.
#include <infograd/ops/conv.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/layout.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/support.h>

namespace infograd {
namespace {

/// What both passes of one pooling share.
struct Window {
  PoolKind kind;
  std::array<int, 2> kernel, stride, padding;

  PoolArgs args(const Tensor& x, const Tensor& y, const Tensor& index, bool backward) const {
    return {.kind = kind,
            .backward = backward,
            .x = View(x),
            .y = View(y),
            .index = optional_view(index),
            .kernel = kernel,
            .stride = stride,
            .pad_begin = padding,
            .pad_end = padding};
  }
};

Window window_of(const char* op, PoolKind kind, const Pool2dOptions& options) {
  Window w{kind, options.kernel, options.stride, options.padding};
  for (size_t i = 0; i < 2; ++i) {
    if (w.stride[i] == 0) w.stride[i] = w.kernel[i];
    check<ValueError>(
        w.kernel[i] >= 1 && w.stride[i] >= 1 && w.padding[i] >= 0 && w.padding[i] < w.kernel[i],
        "{}: kernel {} and stride {} must be at least 1 and padding {} smaller than the kernel, or a window "
        "would see only padding",
        op, w.kernel[i], w.stride[i], w.padding[i]);
  }
  return w;
}

Shape pooled_shape(const char* op, const Tensor& x, const Window& w, bool ceil_mode) {
  check_floating(op, "x", x);
  if (x.rank() != 4 || x.size(1) == 0) {
    fail<ShapeError>("{}: x {} must be [B, C, H, W]; only the batch may be empty", op, describe(x));
  }
  Shape shape = x.shape();
  for (int i = 0; i < 2; ++i) {
    const auto axis = static_cast<size_t>(i);
    const int64_t extent = x.size(2 + i), kernel = w.kernel[axis], stride = w.stride[axis],
                  pad = w.padding[axis];
    const int64_t room = extent + 2 * pad - kernel;
    if (room < 0 || extent == 0) {
      fail<ShapeError>(
          "{}: a window of {} does not fit the {} pixels of x {} with padding {}; too many strides or "
          "poolings before this layer are the usual cause",
          op, kernel, extent, describe(x), pad);
    }
    int64_t count = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    if ((count - 1) * stride >= extent + pad) --count;  // a window may not start in the right padding
    shape[2 + i] = count;
  }
  return shape;
}

// ---- average: linear, and its gradient's gradient is the average again

Tensor avg_pool(const Tensor& x, const Shape& y_shape, const Window& w);

Tensor avg_pool_grad(const Tensor& g, const Shape& x_shape, const Window& w) {
  Tensor dx = empty_channels_last(x_shape, g.dtype(), g.device());
  if (dx.numel() > 0) {
    const trace::Call call("avg_pool2d_grad");
    backend_for(g.device()).pool(w.args(dx, g, {}, true));
  }
  if (grad_needed({&g})) {
    record(dx, "avg_pool2d_grad", {&g},
           [y_shape = g.shape(), w](const Tensor& h) { return avg_pool(h, y_shape, w); });
  }
  return dx;
}

Tensor avg_pool(const Tensor& x, const Shape& y_shape, const Window& w) {
  Tensor y = empty_channels_last(y_shape, x.dtype(), x.device());
  if (y.numel() > 0) {
    const trace::Call call("avg_pool2d");
    backend_for(x.device()).pool(w.args(x, y, {}, false));
  }
  if (grad_needed({&x})) {
    record(y, "avg_pool2d", {&x},
           [x_shape = x.shape(), w](const Tensor& g) { return avg_pool_grad(g, x_shape, w); });
  }
  return y;
}

// ---- maximum: its gradient scatters to the winners, whose own gradient picks the winners

/// The elements of h [B, C, H, W] at the winners that `index` names by their place in the window.
Tensor pick_winners(const Tensor& h, const Tensor& index, const Window& w) {
  const int64_t height = h.size(2), width = h.size(3), rows = index.size(2), columns = index.size(3);
  const auto corner = [&](int64_t n, size_t axis) {
    return affine(arange(0, static_cast<double>(n), 1, DType::f64, h.device()), w.stride[axis],
                  -w.padding[axis]);
  };
  const Tensor place = index.to(DType::f64);
  const Tensor dy = floor((place + 0.5) / w.kernel[1]);
  const Tensor dx = place - dy * w.kernel[1];
  const Tensor flat =
      (dy + unsqueeze(corner(rows, 0), 1)) * static_cast<double>(width) + dx + corner(columns, 1);
  const Shape planes{h.size(0), h.size(1), height * width}, picked{h.size(0), h.size(1), rows * columns};
  return reshape(gather(reshape(h, planes), 2, reshape(flat.to(DType::i64), picked)), index.shape());
}

Tensor max_pool_grad(const Tensor& g, const Tensor& index, const Shape& x_shape, const Window& w) {
  Tensor dx = empty_channels_last(x_shape, g.dtype(), g.device());
  if (dx.numel() > 0) {
    const trace::Call call("max_pool2d_grad");
    backend_for(g.device()).pool(w.args(dx, g, index, true));
  }
  if (grad_needed({&g})) {
    record(dx, "max_pool2d_grad", {&g}, [index, w](const Tensor& h) { return pick_winners(h, index, w); });
  }
  return dx;
}

}  // namespace

Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options) {
  const Window w = window_of("max_pool2d", PoolKind::max, options);
  const Shape shape = pooled_shape("max_pool2d", x, w, options.ceil_mode);
  const bool recording = grad_needed({&x});
  Tensor y = empty_channels_last(shape, x.dtype(), x.device());
  Tensor index;
  if (recording) {
    const bool small = int64_t{w.kernel[0]} * w.kernel[1] <= 256;
    index = empty_channels_last(shape, small ? DType::u8 : DType::i64, x.device());
  }
  if (y.numel() > 0) {
    const trace::Call call("max_pool2d");
    backend_for(x.device()).pool(w.args(x, y, index, false));
  }
  if (recording) {
    record(y, "max_pool2d", {&x},
           [index, x_shape = x.shape(), w](const Tensor& g) { return max_pool_grad(g, index, x_shape, w); });
  }
  return y;
}

Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options) {
  const PoolKind kind = options.count_include_pad ? PoolKind::avg_include_pad : PoolKind::avg_exclude_pad;
  const Window w = window_of("avg_pool2d", kind, options);
  return avg_pool(x, pooled_shape("avg_pool2d", x, w, options.ceil_mode), w);
}

}  // namespace infograd
