// Private: what one thread does to unfold images into the patches under the windows of a convolution, and to
// fold the gradients of patches back. Patches lie [groups, images, Ho, Wo, kh, kw, channels of a group].
#pragma once

#include <infograd/backends/args.h>
#include <infograd/backends/cuda/images.h>

namespace infograd::cuda {

/// The windows of a convolution along both axes.
struct ConvWindows {
  int extent[2], count[2], kernel[2], stride[2], dilation[2], pad[2];
  int groups, group_channels;

  explicit ConvWindows(const ConvArgs& args)
      : groups(args.groups), group_channels(static_cast<int>(args.w.shape[1])) {
    for (int axis = 0; axis < 2; ++axis) {
      const auto i = static_cast<size_t>(axis);
      extent[axis] = static_cast<int>(args.x.shape[axis + 2]);
      count[axis] = static_cast<int>(args.y.shape[axis + 2]);
      kernel[axis] = static_cast<int>(args.w.shape[axis + 2]);
      stride[axis] = args.stride[i], dilation[axis] = args.dilation[i], pad[axis] = args.pad_begin[i];
    }
  }
  int64_t taps() const { return int64_t{kernel[0]} * kernel[1] * group_channels; }
  int64_t windows_per_image() const { return int64_t{count[0]} * count[1]; }
  /// Elements of the patches of one image.
  int64_t patches_per_image() const { return windows_per_image() * taps() * groups; }

  /// The row or column that tap k of window i reads; it may lie outside.
  INFOGRAD_HD int source(int axis, int i, int k) const {
    return i * stride[axis] + k * dilation[axis] - pad[axis];
  }
  INFOGRAD_HD bool inside(int h, int w) const { return h >= 0 && h < extent[0] && w >= 0 && w < extent[1]; }
  /// The window whose tap k reads row or column `at`, or -1.
  INFOGRAD_HD int window(int axis, int at, int k) const {
    const int begin = at + pad[axis] - k * dilation[axis], i = begin / stride[axis];
    return begin >= 0 && i < count[axis] && i * stride[axis] == begin ? i : -1;
  }
};

template <class To, class From>
struct Unfold {
  ConvWindows windows;
  Divider channels, kernel_w, kernel_h, out_w, out_h, images;
  Images<const From> x;  ///< the first of the images
  To* patches;

  Unfold(const ConvWindows& w, const ConstView& from, To* to)
      : windows(w),
        channels(static_cast<uint32_t>(w.group_channels)),
        kernel_w(static_cast<uint32_t>(w.kernel[1])),
        kernel_h(static_cast<uint32_t>(w.kernel[0])),
        out_w(static_cast<uint32_t>(w.count[1])),
        out_h(static_cast<uint32_t>(w.count[0])),
        images(static_cast<uint32_t>(from.shape[0])),
        x(from),
        patches(to) {}

  INFOGRAD_HD void run(uint32_t number) const {
    uint32_t rest = number;
    const int c = Pixels::take(rest, channels), kx = Pixels::take(rest, kernel_w),
              ky = Pixels::take(rest, kernel_h), j = Pixels::take(rest, out_w), i = Pixels::take(rest, out_h),
              b = Pixels::take(rest, images);
    const int h = windows.source(0, i, ky), w = windows.source(1, j, kx);
    const int channel = static_cast<int>(rest) * windows.group_channels + c;
    patches[number] = windows.inside(h, w) ? convert<To>(x(b, channel, h, w)) : To(0);
  }
};

/// Gathers: every element of x adds what the windows that read it say, tap by tap.
template <class To, class From>
struct Fold {
  using C = typename Compute<From>::type;
  ConvWindows windows;
  Pixels pixels;  ///< of x
  int images;
  Images<To> x;
  const From* patches;

  Fold(const ConvWindows& w, const View& to, const From* from)
      : windows(w),
        pixels(to.shape, to.strides),
        images(static_cast<int>(to.shape[0])),
        x(to),
        patches(from) {}

  INFOGRAD_HD void run(uint32_t number) const {
    const Pixel p = pixels.at(number);
    const int group = p.c / windows.group_channels, c = p.c - group * windows.group_channels;
    const int64_t image = int64_t{group} * images + p.b;
    C sum = 0;
    for (int ky = 0; ky < windows.kernel[0]; ++ky) {
      const int i = windows.window(0, p.h, ky);
      if (i < 0) continue;
      for (int kx = 0; kx < windows.kernel[1]; ++kx) {
        const int j = windows.window(1, p.w, kx);
        if (j < 0) continue;
        const int64_t window = (image * windows.count[0] + i) * windows.count[1] + j;
        const int64_t tap = (window * windows.kernel[0] + ky) * windows.kernel[1] + kx;
        sum += convert<C>(patches[tap * windows.group_channels + c]);
      }
    }
    x(p.b, p.c, p.h, p.w) = convert<To>(sum);
  }
};

}  // namespace infograd::cuda
