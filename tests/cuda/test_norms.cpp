// Norm kernels run on the host, against the reference backend.
#include <gtest/gtest.h>

#include <infograd/backends/cuda/batch_norm_body.h>
#include <infograd/backends/cuda/layer_norm_body.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/emulate.h"

namespace infograd::cuda {
namespace {

using infograd::test::make;
using infograd::test::reference;
using infograd::test::values;
using infograd::test::wave;
using testing::run_numbered;
using testing::run_pass;

constexpr DType kFloating[] = {DType::f32, DType::f64, DType::bf16};

double tolerance_of(DType dtype) {
  return dtype == DType::f64 ? 1e-12 : dtype == DType::f32 ? 2e-5 : 2e-2;
}

/// accumulate_slices of moments.cuh.
template <class Policy, class T>
std::vector<typename Policy::Acc> accumulate(const Policy& policy, const Slices& slices, const T* x) {
  using Acc = typename Policy::Acc;
  const SliceSchedule schedule = schedule_slices(slices, true);
  std::vector<Acc> out(static_cast<size_t>(slices.kept.numel));
  if (schedule.chunks == 1) {
    run_pass(policy, slices, schedule, x, out.data());
    return out;
  }
  std::vector<Acc> partials(static_cast<size_t>(schedule.chunks) * out.size());
  run_pass(policy, slices, schedule, x, out.data(), partials.data());
  const Slices rest = slices_of_partials(slices, schedule.chunks);
  run_pass(Combined<Acc>{}, rest, schedule_slices(rest, false), static_cast<const Acc*>(partials.data()),
           out.data());
  return out;
}

TEST(CudaMoments, FarFromZeroNothingCancels) {
  const int64_t n = 50000;
  const Tensor x = wave({n}, 0.2, 1, 3000, DType::f32);
  const auto* data = static_cast<const float*>(x.raw_data());
  const Strides one{1}, still{0};
  const Moments m = accumulate(MomentsOf<float>{}, Slices::of({n}, one, {1}, still), data)[0];
  double mean = 0, squares = 0;
  for (int64_t i = 0; i < n; ++i) mean += data[i];
  mean /= n;
  for (int64_t i = 0; i < n; ++i) squares += (data[i] - mean) * (data[i] - mean);
  EXPECT_EQ(m.n, n);
  EXPECT_NEAR(m.mean, mean, 1e-6);
  EXPECT_NEAR(m.squares / squares, 1, 1e-6);
}

// ---- batch norm

/// out = f(in...) at every element of a shape, any strides.
template <class F, class Out, class... In>
void run_elementwise(const F& f, const Shape& shape,
                     const std::array<const Strides*, 1 + sizeof...(In)>& strides, Out* out,
                     const In*... in) {
  constexpr int kOperands = 1 + sizeof...(In);
  const auto loop = collapse<kOperands>(shape, strides);
  const Offsets<kOperands> offsets(loop);
  for (int64_t block = 0; block < blocks_for(loop.numel, kThreads * kItems); ++block)
    for (int t = 0; t < kThreads; ++t) apply_strided(f, block, t, loop.numel, offsets, out, in...);
}

/// batch_norm.cu on the host.
template <class T>
void run_batch_norm(const BatchNormArgs& args) {
  using Affine = typename Normalize<T>::Affine;
  const int64_t channels = args.x.shape[1];
  std::vector<Moments> moments;
  if (args.training)
    moments = accumulate(MomentsOf<T>{}, channel_slices(args.x.shape, args.x.strides), args.x.as<T>());
  std::vector<Affine> affine(static_cast<size_t>(channels));
  run_numbered(BatchNormChannel<T>{args.training ? moments.data() : nullptr, Vector<const T>(args.weight),
                                   Vector<const T>(args.bias), Vector<T>(args.running_mean),
                                   Vector<T>(args.running_var), Vector<T>(args.save_mean),
                                   Vector<T>(args.save_rstd), args.eps, args.momentum, affine.data()},
               channels);
  const Strides along = along_channels(args.x.rank());
  run_elementwise(Normalize<T>{args.activation}, args.x.shape, {&args.y.strides, &args.x.strides, &along},
                  args.y.as<T>(), args.x.as<T>(), static_cast<const Affine*>(affine.data()));
}

template <class T>
void run_batch_norm_grad(const BatchNormGradArgs& args) {
  using Gradient = typename BatchNormGrad<T>::Gradient;
  const int64_t channels = args.x.shape[1];
  const BatchNormGradSums<T> pass(args);
  const std::vector<GradSums> sums = accumulate(pass.policy, pass.slices, args.x.as<T>());
  std::vector<Gradient> gradient(static_cast<size_t>(channels));
  const double n = args.training ? static_cast<double>(pass.slices.reduced.numel) : 0;
  run_numbered(BatchNormGradChannel<T>{sums.data(), Vector<const T>(args.weight),
                                       Vector<const T>(args.save_mean), Vector<const T>(args.save_rstd),
                                       Vector<T>(args.dweight), Vector<T>(args.dbias), n, gradient.data()},
               channels);
  const Strides along = along_channels(args.x.rank());
  const Gradient* per_channel = gradient.data();
  if (args.activation == Activation::relu)
    run_elementwise(BatchNormGrad<T>{}, args.x.shape,
                    {&args.dx.strides, &args.dy.strides, &args.x.strides, &args.y.strides, &along},
                    args.dx.as<T>(), args.dy.as<T>(), args.x.as<T>(), args.y.as<T>(), per_channel);
  else
    run_elementwise(BatchNormGrad<T>{}, args.x.shape,
                    {&args.dx.strides, &args.dy.strides, &args.x.strides, &along}, args.dx.as<T>(),
                    args.dy.as<T>(), args.x.as<T>(), per_channel);
}

TEST(CudaBatchNorm, ForwardAndBackwardAgreeWithReference) {
  for (const DType dtype : kFloating)
    for (const Shape& shape :
         {Shape{40, 5}, Shape{3, 7, 11}, Shape{4, 3, 5, 6}, Shape{2, 1, 1, 9}, Shape{64, 2, 20, 20}})
      for (const bool swapped : {false, true})
        for (const bool training : {true, false})
          for (const Activation activation : {Activation::none, Activation::relu}) {
            SCOPED_TRACE(std::string(name(dtype)) + " " + to_string(shape) + (swapped ? " swapped" : "") +
                         (training ? " training" : "") + (activation == Activation::relu ? " relu" : ""));
            const auto image = [&](double phase, double scale, double shift, bool swap) {
              const Tensor x = wave(shape, phase, scale, shift, dtype);
              return swap ? test::transposed(x) : x;
            };
            const auto vector = [&](double phase, double scale = 0.3, double shift = 1) {
              return wave({shape[1]}, phase, scale, shift, dtype);
            };
            const Tensor x = image(0.4, 2, 1, swapped), y = image(0, 1, 0, swapped),
                         y_expected = image(0, 1, 0, swapped);
            const Tensor weight = vector(1), bias = vector(2, 0.5, 0);
            std::vector<Tensor> running, running_expected, saved, saved_expected;
            for (int i = 0; i < 2; ++i) {
              running.push_back(vector(3 + i)), running_expected.push_back(vector(3 + i));
              saved.push_back(vector(9)), saved_expected.push_back(vector(9));
            }
            BatchNormArgs args;
            args.x = ConstView(x), args.weight = ConstView(weight), args.bias = ConstView(bias);
            args.training = training, args.activation = activation, args.momentum = 0.3;
            const auto with = [&](const Tensor& out, std::vector<Tensor>& r, std::vector<Tensor>& s) {
              args.y = View(out);
              args.running_mean = View(r[0]), args.running_var = View(r[1]);
              args.save_mean = View(s[0]), args.save_rstd = View(s[1]);
            };
            with(y_expected, running_expected, saved_expected);
            reference().batch_norm(args);
            with(y, running, saved);
            visit_floating("test", dtype, [&](auto zero) { run_batch_norm<decltype(zero)>(args); });
            const double tolerance = tolerance_of(dtype);
            test::expect_values(y, values(y_expected), tolerance);
            for (size_t i = 0; i < 2; ++i) {
              test::expect_values(running[i], values(running_expected[i]), tolerance);
              test::expect_values(saved[i], values(saved_expected[i]), tolerance);
            }

            const Tensor dy = image(5, 1, 0.2, !swapped);  // in a layout of its own
            const Tensor dx = image(0, 1, 0, swapped), dx_expected = image(0, 1, 0, swapped);
            const Tensor dweight = vector(9), dweight_expected = vector(9), dbias = vector(9),
                         dbias_expected = vector(9);
            BatchNormGradArgs back;
            back.dy = ConstView(dy), back.x = ConstView(x), back.y = ConstView(y_expected);
            back.weight = ConstView(weight);
            back.save_mean = ConstView(saved_expected[0]), back.save_rstd = ConstView(saved_expected[1]);
            back.training = training, back.activation = activation;
            back.dx = View(dx_expected), back.dweight = View(dweight_expected),
            back.dbias = View(dbias_expected);
            reference().batch_norm_grad(back);
            back.dx = View(dx), back.dweight = View(dweight), back.dbias = View(dbias);
            visit_floating("test", dtype, [&](auto zero) { run_batch_norm_grad<decltype(zero)>(back); });
            test::expect_values(dx, values(dx_expected), tolerance);
            // Of the sum of all magnitudes, about n.
            const double n = static_cast<double>(shape.numel() / shape[1]);
            const auto expect_sums = [&](const Tensor& sums, const Tensor& expected) {
              const test::Values a = values(sums), b = values(expected);
              for (size_t i = 0; i < a.size(); ++i)
                EXPECT_NEAR(a[i], b[i], (dtype == DType::bf16 ? 8e-3 * std::abs(b[i]) : 0) + 1e-6 * n);
            };
            expect_sums(dweight, dweight_expected);
            expect_sums(dbias, dbias_expected);
          }
}

// ---- layer norm

/// layer_norm.cu on the host.
template <class T>
void run_layer_norm(const LayerNormArgs& args) {
  const LayerNormKernel<T> kernel{lines_along<1>(args.x.shape, {&args.x.strides}, 1),
                                  args.x.as<T>(),
                                  args.y.as<T>(),
                                  Vector<const T>(args.weight),
                                  Vector<const T>(args.bias),
                                  Vector<T>(args.mean),
                                  Vector<T>(args.rstd),
                                  args.eps};
  for (int64_t block = 0; block < blocks_for(kernel.lines.count, kernel.lines.schedule.per_block); ++block) {
    std::vector<Moments> m(kThreads);
    for (int t = 0; t < kThreads; ++t) m[static_cast<size_t>(t)] = kernel.moments(block, t);
    testing::meet(kernel.lines, m, Moments::combine);
    for (int t = 0; t < kThreads; ++t) kernel.write(block, t, m[static_cast<size_t>(t)]);
  }
}

template <class T>
void run_layer_norm_grad(const LayerNormGradArgs& args) {
  const LayerNormGradKernel<T> kernel{lines_along<1>(args.x.shape, {&args.x.strides}, 1),
                                      args.dx.as<T>(),
                                      args.dy.as<T>(),
                                      args.x.as<T>(),
                                      Vector<const T>(args.weight),
                                      Vector<const T>(args.mean),
                                      Vector<const T>(args.rstd)};
  for (int64_t block = 0; block < blocks_for(kernel.lines.count, kernel.lines.schedule.per_block); ++block) {
    std::vector<GradSums> s(kThreads);
    for (int t = 0; t < kThreads; ++t) s[static_cast<size_t>(t)] = kernel.sums(block, t);
    testing::meet(kernel.lines, s, GradSums::combine);
    for (int t = 0; t < kThreads; ++t) kernel.write(block, t, s[static_cast<size_t>(t)]);
  }
  const std::vector<GradSums> sums =
      accumulate(column_sums<T>(args), column_slices(args.x.shape), args.x.as<T>());
  run_numbered(ParameterGrads<T>{sums.data(), Vector<T>(args.dweight), Vector<T>(args.dbias)},
               args.x.shape[1]);
}

TEST(CudaLayerNorm, ForwardAndBackwardAgreeWithReference) {
  for (const DType dtype : kFloating)
    for (const Shape& shape :
         {Shape{5, 3}, Shape{3, 1}, Shape{1, 40}, Shape{7, 300}, Shape{2, 9000}, Shape{900, 6}})
      for (const bool affine : {false, true}) {
        SCOPED_TRACE(std::string(name(dtype)) + " " + to_string(shape) + (affine ? " affine" : ""));
        const auto rows = [&](double phase, double shift = 0) { return wave(shape, phase, 1, shift, dtype); };
        const auto column = [&](int64_t n, double phase) { return wave({n}, phase, 0.4, 1, dtype); };
        const Tensor x = rows(0.4, 5), y = rows(0), y_expected = rows(0);
        const Tensor weight = column(shape[1], 1), bias = column(shape[1], 2);
        const Tensor mean = column(shape[0], 0), rstd = column(shape[0], 0),
                     mean_expected = column(shape[0], 0), rstd_expected = column(shape[0], 0);
        LayerNormArgs args;
        args.x = ConstView(x);
        if (affine) args.weight = ConstView(weight), args.bias = ConstView(bias);
        args.y = View(y_expected), args.mean = View(mean_expected), args.rstd = View(rstd_expected);
        reference().layer_norm(args);
        args.y = View(y), args.mean = View(mean), args.rstd = View(rstd);
        visit_floating("test", dtype, [&](auto zero) { run_layer_norm<decltype(zero)>(args); });
        const double tolerance = tolerance_of(dtype);
        test::expect_values(y, values(y_expected), tolerance);
        test::expect_values(mean, values(mean_expected), tolerance);
        test::expect_values(rstd, values(rstd_expected), tolerance);

        const Tensor dy = rows(5), dx = rows(0), dx_expected = rows(0);
        const Tensor dweight = column(shape[1], 0), dbias = column(shape[1], 0),
                     dweight_expected = column(shape[1], 0), dbias_expected = column(shape[1], 0);
        LayerNormGradArgs back;
        back.dy = ConstView(dy), back.x = ConstView(x);
        if (affine) back.weight = ConstView(weight);
        back.mean = ConstView(mean_expected), back.rstd = ConstView(rstd_expected);
        back.dx = View(dx_expected);
        back.dweight = View(dweight_expected), back.dbias = View(dbias_expected);
        reference().layer_norm_grad(back);
        back.dx = View(dx), back.dweight = View(dweight), back.dbias = View(dbias);
        visit_floating("test", dtype, [&](auto zero) { run_layer_norm_grad<decltype(zero)>(back); });
        test::expect_values(dx, values(dx_expected), tolerance);
        test::expect_values(dweight, values(dweight_expected), tolerance);
        test::expect_values(dbias, values(dbias_expected), tolerance);
      }
}

}  // namespace
}  // namespace infograd::cuda
