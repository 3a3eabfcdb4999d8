// y[b, o, i, j] = bias[o] + sum over c, p, q of w[o, c, p, q] * x[b, g + c, i * stride + p * dilation - pad,
// ...]. The three passes are one sum over six indices, collected into y, x or w.
#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd {

using namespace reference;

namespace {

template <class T>
struct Conv {
  explicit Conv(const ConvArgs& args_) : args(args_), x(args.x), w(args.w), bias(args.bias), y(args.y) {}

  const ConvArgs& args;
  Elements<T> x, w, bias, y;
  int64_t batch = args.x.shape[0], height = args.x.shape[2], width = args.x.shape[3];
  int64_t outputs = args.w.shape[0], channels_per_group = args.w.shape[1];
  int64_t kernel_h = args.w.shape[2], kernel_w = args.w.shape[3];
  int64_t out_h = args.y.shape[2], out_w = args.y.shape[3];
  int64_t outputs_per_group = outputs / args.groups;

  /// The row or column of x that tap `k` of window `i` reads.
  int64_t source(size_t axis, int64_t i, int64_t k) const {
    return i * args.stride[axis] + k * args.dilation[axis] - args.pad_begin[axis];
  }
  /// Of the group of channels that output `o` is made from.
  int64_t first_channel(int64_t o) const { return o / outputs_per_group * channels_per_group; }
  bool inside(int64_t h, int64_t v) const { return h >= 0 && h < height && v >= 0 && v < width; }
  double rounded(double v) const {
    const bool to_bf16 = args.precision == Precision::bf16 && std::is_same_v<T, float>;
    return to_bf16 ? convert<double>(convert<bfloat16>(v)) : v;
  }

  void forward() const {
    for_each_index({batch, outputs, out_h, out_w}, [&](int64_t b, int64_t o, int64_t i, int64_t j) {
      double sum = 0;
      for_each_index({channels_per_group, kernel_h, kernel_w}, [&](int64_t c, int64_t p, int64_t q) {
        const int64_t h = source(0, i, p), v = source(1, j, q);
        if (inside(h, v)) sum += rounded(w(o, c, p, q)) * rounded(x(b, first_channel(o) + c, h, v));
      });
      y.set(scalar_math::activate(args.activation, sum + (bias ? bias(o) : 0.0)), b, o, i, j);
    });
  }

  // x[b, c, h, v] meets window (i, j) at tap (p, q) when source(i, p) = h and source(j, q) = v.
  void data_grad() const {
    for_each_index({batch, args.x.shape[1], height, width}, [&](int64_t b, int64_t c, int64_t h, int64_t v) {
      const int64_t group = c / channels_per_group;
      double sum = 0;
      for_each_index({kernel_h, kernel_w}, [&](int64_t p, int64_t q) {
        const int64_t up = h + args.pad_begin[0] - p * args.dilation[0];
        const int64_t left = v + args.pad_begin[1] - q * args.dilation[1];
        if (up < 0 || left < 0 || up % args.stride[0] != 0 || left % args.stride[1] != 0) return;
        const int64_t i = up / args.stride[0], j = left / args.stride[1];
        if (i >= out_h || j >= out_w) return;
        for (int64_t o = group * outputs_per_group; o < (group + 1) * outputs_per_group; ++o)
          sum += rounded(y(b, o, i, j)) * rounded(w(o, c % channels_per_group, p, q));
      });
      x.set(sum, b, c, h, v);
    });
  }

  void weight_grad() const {
    for_each_index({outputs, channels_per_group, kernel_h, kernel_w},
                   [&](int64_t o, int64_t c, int64_t p, int64_t q) {
                     double sum = 0;
                     for_each_index({batch, out_h, out_w}, [&](int64_t b, int64_t i, int64_t j) {
                       const int64_t h = source(0, i, p), v = source(1, j, q);
                       if (inside(h, v))
                         sum += rounded(y(b, o, i, j)) * rounded(x(b, first_channel(o) + c, h, v));
                     });
                     w.set(sum, o, c, p, q);
                   });
    if (bias) bias_grad();
  }

  void bias_grad() const {
    for (int64_t o = 0; o < outputs; ++o) {
      double sum = 0;
      for_each_index({batch, out_h, out_w},
                     [&](int64_t b, int64_t i, int64_t j) { sum += rounded(y(b, o, i, j)); });
      bias.set(sum, o);
    }
  }
};

}  // namespace

void ReferenceBackend::conv(const ConvArgs& args) {
  visit_floating("conv2d", args.x.dtype, [&](auto zero) {
    const Conv<decltype(zero)> conv(args);
    switch (args.pass) {
      case ConvPass::forward:
        return conv.forward();
      case ConvPass::data_grad:
        return conv.data_grad();
      case ConvPass::weight_grad:
        return conv.weight_grad();
    }
  });
}

}  // namespace infograd
