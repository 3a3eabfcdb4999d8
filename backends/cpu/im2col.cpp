#include <algorithm>

#include <infograd/backends/cpu/blas.h>
#include <infograd/backends/cpu/im2col.h>
#include <infograd/core/allocator.h>
#include <infograd/core/parallel.h>

namespace infograd {

namespace {

// One convolution seen as products of patches [rows, taps] with weights [taps, outputs]; taps = (ky, kx,
// channel of a group).
struct Unfolded {
  int64_t height, width, channels, out_height, out_width, outputs, kh, kw, group_channels, group_outputs;
  const ConvArgs& args;

  explicit Unfolded(const ConvArgs& a)
      : height(a.x.shape[2]),
        width(a.x.shape[3]),
        channels(a.x.shape[1]),
        out_height(a.y.shape[2]),
        out_width(a.y.shape[3]),
        outputs(a.y.shape[1]),
        kh(a.w.shape[2]),
        kw(a.w.shape[3]),
        group_channels(a.w.shape[1]),
        group_outputs(outputs / a.groups),
        args(a) {}

  int64_t taps() const { return kh * kw * group_channels; }
  int64_t rows_per_image() const { return out_height * out_width; }
  // About a thousand rows per product: enough to run at full speed, little enough to stay in cache.
  int64_t images_per_block() const {
    return std::clamp<int64_t>(1024 / rows_per_image(), 1, args.x.shape[0]);
  }

  // Calls f(tap, pixel) for the taps of output position `row` that fall inside the image, and outside(tap)
  // for the others.
  template <class Inside, class Outside>
  void for_each_tap(int64_t row, Inside&& inside, Outside&& outside) const {
    const int64_t image = row / rows_per_image(), position = row % rows_per_image();
    const int64_t top = position / out_width * args.stride[0] - args.pad_begin[0];
    const int64_t left = position % out_width * args.stride[1] - args.pad_begin[1];
    int64_t tap = 0;
    for (int64_t ky = 0; ky < kh; ++ky) {
      const int64_t y = top + ky * args.dilation[0];
      for (int64_t kx = 0; kx < kw; ++kx, tap += group_channels) {
        const int64_t x = left + kx * args.dilation[1];
        if (y >= 0 && y < height && x >= 0 && x < width) {
          inside(tap, ((image * height + y) * width + x) * channels);
        } else {
          outside(tap);
        }
      }
    }
  }
};

// patches[i] = the values under the window of output position first + i.
template <class T>
void unfold(const Unfolded& u, int64_t first, int64_t rows, int64_t channel, T* patches) {
  const T* x = u.args.x.as<T>() + channel;
  parallel_for(rows, kParallelGrain / u.taps() + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      T* patch = patches + i * u.taps();
      u.for_each_tap(
          first + i,
          [&](int64_t tap, int64_t pixel) { std::copy_n(x + pixel, u.group_channels, patch + tap); },
          [&](int64_t tap) { std::fill_n(patch + tap, u.group_channels, T{0}); });
    }
  });
}

// The reverse: adds every patch into the image. One image per thread, so nothing is added twice at a time.
template <class T>
void fold(const Unfolded& u, int64_t first, int64_t images, int64_t channel, const T* patches) {
  T* x = u.args.x.as<T>() + channel;
  parallel_for(images, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * u.rows_per_image(); i < end * u.rows_per_image(); ++i) {
      const T* patch = patches + i * u.taps();
      u.for_each_tap(
          first + i,
          [&](int64_t tap, int64_t pixel) {
            for (int64_t c = 0; c < u.group_channels; ++c) x[pixel + c] += patch[tap + c];
          },
          [](int64_t) {});
    }
  });
}

// Calls f(element of w, element of the matrix [taps, group_outputs]) for one group.
template <class F>
void for_each_weight(const Unfolded& u, int64_t group, F&& f) {
  const Strides& s = u.args.w.strides;
  int64_t i = 0;
  for (int64_t ky = 0; ky < u.kh; ++ky)
    for (int64_t kx = 0; kx < u.kw; ++kx)
      for (int64_t c = 0; c < u.group_channels; ++c)
        for (int64_t o = 0; o < u.group_outputs; ++o)
          f((group * u.group_outputs + o) * s[0] + c * s[1] + ky * s[2] + kx * s[3], i++);
}

template <class T>
void epilogue(Backend& backend, const ConvArgs& args) {
  const int64_t outputs = args.y.shape[1];
  const bool relu = args.activation == Activation::relu;
  T* y = args.y.as<T>();
  const T* bias = args.bias.as<T>();
  if (bias != nullptr || relu)
    parallel_for(args.y.numel() / outputs, kParallelGrain / outputs + 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        for (int64_t o = 0; o < outputs; ++o) {
          T& value = y[row * outputs + o];
          if (bias != nullptr) value += bias[o];
          if (relu) value = value < 0 ? T{0} : value;
        }
    });
  if (args.activation == Activation::gelu) backend.unary(UnaryOp::gelu, args.y, args.y, 0, 0);
  if (args.activation == Activation::tanh) backend.unary(UnaryOp::tanh, args.y, args.y, 0, 0);
  if (args.activation == Activation::sigmoid) backend.unary(UnaryOp::sigmoid, args.y, args.y, 0, 0);
}

template <class T>
void bias_grad(const ConvArgs& args) {
  const int64_t outputs = args.y.shape[1], rows = args.y.numel() / outputs;
  T* bias = args.bias.as<T>();
  std::fill_n(bias, outputs, T{0});
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t o = 0; o < outputs; ++o) bias[o] += args.y.as<const T>()[row * outputs + o];
}

template <class T>
void run(Backend& backend, const ConvArgs& args) {
  const Unfolded u(args);
  const int64_t block = u.images_per_block(), images = args.x.shape[0], taps = u.taps(),
                outs = u.group_outputs;
  const memory::Scratch patch_memory(static_cast<size_t>(block * u.rows_per_image() * taps) * sizeof(T));
  const memory::Scratch weight_memory(static_cast<size_t>(taps * outs) * sizeof(T));
  T* patches = patch_memory.as<T>();
  T* weights = weight_memory.as<T>();
  T* w = args.w.as<T>();
  if (args.pass == ConvPass::data_grad) std::fill_n(args.x.as<T>(), args.x.numel(), T{0});

  for (int64_t group = 0; group < args.groups; ++group) {
    const int64_t channel = group * u.group_channels;
    if (args.pass != ConvPass::weight_grad)
      for_each_weight(u, group, [&](int64_t from, int64_t to) { weights[to] = w[from]; });
    for (int64_t image = 0; image < images; image += block) {
      const int64_t count = std::min(block, images - image), first = image * u.rows_per_image();
      const int64_t rows = count * u.rows_per_image();
      T* y = args.y.as<T>() + first * u.outputs + group * outs;
      switch (args.pass) {
        case ConvPass::forward:
          unfold(u, first, rows, channel, patches);
          blas::gemm<T>(rows, outs, taps, 1, {patches, taps}, {weights, outs}, 0, {y, u.outputs});
          break;
        case ConvPass::data_grad:
          blas::gemm<T>(rows, taps, outs, 1, {y, u.outputs}, {weights, outs, true}, 0, {patches, taps});
          fold(u, first, count, channel, patches);
          break;
        case ConvPass::weight_grad:
          unfold(u, first, rows, channel, patches);
          blas::gemm<T>(taps, outs, rows, 1, {patches, taps, true}, {y, u.outputs}, image == 0 ? 0 : 1,
                        {weights, outs});
          break;
      }
    }
    if (args.pass == ConvPass::weight_grad)
      for_each_weight(u, group, [&](int64_t to, int64_t from) { w[to] = weights[from]; });
  }
  if (args.pass == ConvPass::forward) epilogue<T>(backend, args);
  if (args.pass == ConvPass::weight_grad && args.bias) bias_grad<T>(args);
}

}  // namespace

void im2col_conv(Backend& backend, const ConvArgs& args) {
  if (args.y.dtype == DType::f64) {
    run<double>(backend, args);
  } else {
    run<float>(backend, args);
  }
}

}  // namespace infograd
