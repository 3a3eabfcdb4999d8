// Pooling and sampling kernels run on the host, against the reference backend.
#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include <infograd/backends/cuda/grid_sample_body.h>
#include <infograd/backends/cuda/pool_body.h>
#include <infograd/core/generator.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/emulate.h"

namespace infograd::cuda {
namespace {

using infograd::test::make;
using infograd::test::reference;
using infograd::test::values;
using infograd::test::wave;
using testing::run_numbered;

constexpr DType kFloating[] = {DType::f32, DType::f64, DType::bf16};

/// A few operations of the arithmetic type, or one rounding to the storage type.
double tolerance_of(DType dtype) {
  return dtype == DType::f64 ? 1e-13 : dtype == DType::f32 ? 1e-5 : 1e-2;
}

/// Row-major, channels last, or the axes in reverse order.
Tensor laid_out(const Tensor& x, int layout) {
  if (layout == 0) return x;
  if (layout == 2) return test::transposed(x);
  const Shape& s = x.shape();
  const Tensor result = empty_strided(s, {s[1] * s[2] * s[3], 1, s[3] * s[1], s[1]}, x.dtype());
  test::assign(result, values(x));
  return result;
}

TEST(CudaImages, PixelsFollowTheMemory) {
  const Shape shape{2, 3, 4, 5};
  for (const int layout : {0, 1}) {
    const Tensor x = laid_out(wave(shape, 0), layout);
    const Pixels pixels(shape, x.strides());
    for (uint32_t i = 0; i < 120; ++i) {
      const Pixel p = pixels.at(i);
      const Strides& s = x.strides();
      EXPECT_EQ(p.b * s[0] + p.c * s[1] + p.h * s[2] + p.w * s[3], i) << "layout " << layout;
    }
  }
}

// ---- pooling

/// Random windows whose last ones may hang over the padding, as in ceil mode.
PoolArgs random_windows(Generator& generator, Shape& x, Shape& y) {
  const auto below = [&](int n) { return static_cast<int>(generator.below(static_cast<uint64_t>(n))); };
  PoolArgs args;
  args.kind = static_cast<PoolKind>(below(3));
  x = {1 + below(2), 1 + below(3), 1 + below(8), 1 + below(8)};
  y = x;
  for (size_t axis = 0; axis < 2; ++axis) {
    const auto a = static_cast<int>(axis) + 2;
    args.kernel[axis] = 1 + below(4);
    args.stride[axis] = 1 + below(4);
    args.pad_begin[axis] = below(args.kernel[axis] / 2 + 1);
    args.pad_end[axis] = below(args.kernel[axis] / 2 + 1);
    const int64_t room = x[a] + args.pad_begin[axis] + args.pad_end[axis] - args.kernel[axis];
    y[a] = (std::max<int64_t>(room, 0) + below(args.stride[axis])) / args.stride[axis] + 1;
    if ((y[a] - 1) * args.stride[axis] >= x[a] + args.pad_begin[axis]) --y[a];
    y[a] = std::max<int64_t>(y[a], 1);
  }
  return args;
}

template <class T, class Index>
void run_pool(const PoolArgs& args) {
  const PoolWindows windows(args);
  const Pixels x(args.x.shape, args.x.strides), y(args.y.shape, args.y.strides);
  const bool is_max = args.kind == PoolKind::max;
  if (args.backward && is_max)
    run_numbered(MaxPoolGrad<T, Index>{windows, x, Images<T>(args.x), Images<const T>(args.y),
                                       Images<const Index>(args.index)},
                 args.x.numel());
  else if (args.backward)
    run_numbered(AveragePoolGrad<T>{windows, x, Images<T>(args.x), Images<const T>(args.y)}, args.x.numel());
  else if (is_max)
    run_numbered(
        MaxPool<T, Index>{windows, y, Images<const T>(args.x), Images<T>(args.y), Images<Index>(args.index)},
        args.y.numel());
  else
    run_numbered(AveragePool<T>{windows, y, Images<const T>(args.x), Images<T>(args.y)}, args.y.numel());
}

TEST(CudaPool, RandomWindowsAgreeWithReference) {
  Generator generator(5);
  for (int trial = 0; trial < 600; ++trial) {
    Shape x_shape, y_shape;
    PoolArgs args = random_windows(generator, x_shape, y_shape);
    const DType dtype = kFloating[trial % 3];
    const int layout = trial / 3 % 3;
    const bool is_max = args.kind == PoolKind::max, wide = trial % 2 == 0;
    SCOPED_TRACE("trial " + std::to_string(trial) + ": " + to_string(x_shape) + " to " + to_string(y_shape));
    test::Values numbers = test::wave_values(x_shape.numel(), trial, 3);
    for (double& v : numbers) v = is_max ? std::round(v) : v;  // ties
    if (is_max && trial % 5 == 0) numbers[numbers.size() / 2] = test::kNan;
    const Tensor x = laid_out(make(x_shape, numbers, dtype), layout);
    const auto image = [&](const Shape& shape, DType of) {
      return laid_out(wave(shape, 9, 1, 0, of), layout);
    };
    const Tensor y = image(y_shape, dtype), expected = image(y_shape, dtype);
    const DType index_type = wide ? DType::i64 : DType::u8;
    const Tensor index = image(y_shape, index_type), index_expected = image(y_shape, index_type);
    const auto run = [&] {
      visit_floating("test", dtype, [&](auto zero) {
        using T = decltype(zero);
        return wide ? run_pool<T, int64_t>(args) : run_pool<T, uint8_t>(args);
      });
    };
    args.x = View(x), args.y = View(expected);
    if (is_max) args.index = View(index_expected);
    reference().pool(args);
    args.y = View(y);
    if (is_max) args.index = View(index);
    run();
    test::expect_values(y, values(expected), is_max ? 0 : tolerance_of(dtype));
    if (is_max) test::expect_values(index, values(index_expected));

    const Tensor dy = image(y_shape, dtype), dx = image(x_shape, dtype), dx_expected = image(x_shape, dtype);
    args.backward = true;
    args.y = View(dy), args.x = View(dx_expected);
    reference().pool(args);
    args.x = View(dx);
    run();
    // The reference rounds after every addition, of up to 16 windows.
    test::expect_values(dx, values(dx_expected), tolerance_of(dtype) * (dtype == DType::bf16 ? 4 : 1));
  }
}

// ---- grid sampling

template <class T>
void run_sample(const GridSampleArgs& args) {
  run_numbered(GridSample<T>{Sampler<T>(args), Pixels(args.y.shape, args.y.strides), Images<const T>(args.x),
                             Images<T>(args.y)},
               args.y.numel());
}

/// grid_sample.cu, with the sort of the host.
template <class T>
void run_sample_grad(const GridSampleArgs& args) {
  const Sampler<T> sampler(args);
  const SampleNumbers numbers(args.grid.shape);
  const int64_t samples = args.grid.numel() / 2;
  run_numbered(GridGrad<T>{sampler, numbers, static_cast<int>(args.x.shape[1]), Images<const T>(args.x),
                           Images<const T>(args.dy), Images<T>(args.dgrid)},
               samples);
  const Shape& x = args.x.shape;
  const int64_t cells = x[0] * (x[2] + 1) * (x[3] + 1);
  std::vector<int64_t> unsorted(static_cast<size_t>(samples)), order(unsorted.size()), keys(unsorted.size()),
      first(static_cast<size_t>(cells + 1));
  run_numbered(SampleCells<T>{sampler, numbers, cells, unsorted.data()}, samples);
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto key = [&](int64_t i) { return unsorted[static_cast<size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return key(i) < key(j); });
  std::transform(order.begin(), order.end(), keys.begin(), key);
  run_numbered(CellStarts{keys.data(), samples, first.data()}, cells + 1);
  run_numbered(ImageGrad<T>{sampler, numbers, Pixels(args.dx.shape, args.dx.strides), order.data(),
                            first.data(), Images<const T>(args.dy), Images<T>(args.dx)},
               args.dx.numel());
}

TEST(CudaGridSample, ValuesAndGradientsAgreeWithReference) {
  int trial = 0;
  for (const DType dtype : kFloating)
    for (const Shape& shape : {Shape{2, 3, 4, 5}, Shape{1, 1, 1, 1}, Shape{1, 2, 1, 6}, Shape{2, 1, 7, 3}})
      for (const bool align : {false, true})
        for (const PaddingMode padding : {PaddingMode::zeros, PaddingMode::border})
          for (const bool pixels : {false, true}) {
            const int layout = trial++ % 3;
            SCOPED_TRACE(std::string(name(dtype)) + " " + to_string(shape) + " layout " +
                         std::to_string(layout) + (align ? " aligned" : "") + (pixels ? " pixels" : "") +
                         (padding == PaddingMode::border ? " border" : ""));
            const Shape grid_shape{shape[0], 6, 7, 2}, y_shape{shape[0], shape[1], 6, 7};
            // Eighths and their halves are exact in every type: all agree on the pixel.
            test::Values positions =
                test::wave_values(grid_shape.numel(), 1, pixels ? 24 : 12, pixels ? 12 : 0);
            for (double& v : positions) v = std::round(v) / 8;
            positions[3] = test::kNan;
            positions[8] = 1e30;
            const Tensor grid = make(grid_shape, positions, dtype);
            const auto image = [&](const Shape& s, double phase) {
              return laid_out(wave(s, phase, 1, 0, dtype), layout);
            };
            const Tensor x = image(shape, 0.5), y = image(y_shape, 2), expected = image(y_shape, 3);
            GridSampleArgs args;
            args.x = ConstView(x), args.grid = ConstView(grid);
            args.align_corners = align, args.padding = padding, args.pixel_grid = pixels;
            const Tensor dy = image(y_shape, 4), dgrid = wave(grid_shape, 0, 1, 0, dtype),
                         dgrid_expected = wave(grid_shape, 0, 1, 0, dtype);
            const Tensor dx = image(shape, 6), dx_expected = image(shape, 6);  // added into
            args.dy = ConstView(dy);
            args.y = View(expected), args.dx = View(dx_expected), args.dgrid = View(dgrid_expected);
            reference().grid_sample(args);
            reference().grid_sample_grad(args);
            args.y = View(y), args.dx = View(dx), args.dgrid = View(dgrid);
            visit_floating("test", dtype, [&](auto zero) {
              run_sample<decltype(zero)>(args);
              run_sample_grad<decltype(zero)>(args);
            });
            test::expect_values(y, values(expected), tolerance_of(dtype));
            test::expect_values(dgrid, values(dgrid_expected), tolerance_of(dtype));
            // In bf16 the reference rounds after every addition, here of up to 42 samples to one pixel.
            if (dtype != DType::bf16) test::expect_values(dx, values(dx_expected), tolerance_of(dtype));
          }
}

TEST(CudaGridSample, TheGradientOfTheImageRoundsOnce) {
  const Shape shape{1, 1, 2, 2}, grid_shape{1, 30, 30, 2}, y_shape{1, 1, 30, 30};
  const Tensor x = wave(shape, 0, 1, 0, DType::bf16),
               grid = make(grid_shape, test::Values(1800, 0.0), DType::bf16);
  const Tensor dy = make(y_shape, test::Values(900, 1.0), DType::bf16),
               dx = make(shape, test::Values(4, 0.0), DType::bf16), dgrid = empty(grid_shape, DType::bf16);
  GridSampleArgs args;
  args.x = ConstView(x), args.grid = ConstView(grid), args.dy = ConstView(dy);
  args.dx = View(dx), args.dgrid = View(dgrid);
  run_sample_grad<bfloat16>(args);
  EXPECT_EQ(values(dx), test::Values(4, 225)) << "a quarter of each of 900 samples";
}

}  // namespace
}  // namespace infograd::cuda
