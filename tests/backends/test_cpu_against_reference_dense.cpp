// Products, convolution, pooling and batch norm: the kernels of oneDNN and BLAS.
#include "tests/backends/compare.h"

namespace infograd {
namespace {

using namespace test;

struct Product {
  Shape out, a, b;
};
const Product kProducts[] = {
    {{1, 1}, {1, 1}, {1, 1}},
    {{3, 5}, {3, 7}, {7, 5}},
    {{33, 65}, {33, 17}, {17, 65}},
    {{130, 70}, {130, 90}, {90, 70}},
    {{0, 5}, {0, 7}, {7, 5}},
    {{3, 5}, {3, 0}, {0, 5}},
    {{3, 0}, {3, 7}, {7, 0}},
    {{1, 40}, {1, 30}, {30, 40}},
    {{40, 1}, {40, 30}, {30, 1}},
    {{2, 3, 4, 5}, {2, 3, 4, 6}, {2, 3, 6, 5}},
    {{6, 9, 8}, {6, 9, 33}, {6, 33, 8}},
};

TEST(CpuGemm, EveryTypeShapeAndLayout) {
  for (const DType dtype : kFloating)
    for (const Product& p : kProducts)
      for (const Layout left : kInputLayouts)
        for (const Layout right : kInputLayouts)
          for (const Layout out : kOutputLayouts) {
            SCOPED_TRACE(std::string(name(dtype)) + to_string(p.a) + " @ " + to_string(p.b) + " " +
                         describe(left) + ", " + describe(right) + " to " + describe(out));
            const Tensor a = input(p.a, dtype, left, mixed),
                         b = input(p.b, dtype, right, [](int64_t i) { return 0.2 * mixed(i * 3); });
            compare({{p.out, dtype, out, rounding(dtype, 128)}}, [&](Backend& backend, const auto& y) {
              GemmArgs args;
              args.out = y[0];
              args.a = ConstView(a);
              args.b = ConstView(b);
              backend.gemm(args);
            });
          }
}

TEST(CpuGemm, Epilogues) {
  for (const DType dtype : kFloating)
    for (const Product& p : kProducts)
      for (const Activation activation :
           {Activation::none, Activation::relu, Activation::gelu, Activation::tanh, Activation::sigmoid})
        for (const bool with_bias : {false, true})
          for (const double alpha : {1.0, -0.5})
            for (const double beta : {0.0, 1.0, 0.3}) {
              if (activation != Activation::none && beta != 0) continue;
              SCOPED_TRACE(std::string(name(dtype)) + to_string(p.a) + " @ " + to_string(p.b) +
                           " activation " + std::to_string(static_cast<int>(activation)) + " bias " +
                           std::to_string(with_bias) + " alpha " + std::to_string(alpha) + " beta " +
                           std::to_string(beta));
              const Tensor a = input(p.a, dtype, Layout::contiguous, mixed);
              const Tensor b =
                  input(p.b, dtype, Layout::reversed, [](int64_t i) { return 0.2 * mixed(i * 3); });
              const Tensor bias =
                  with_bias ? input({p.out.back()}, dtype, Layout::contiguous, mixed) : Tensor();
              Output output{p.out, dtype, Layout::contiguous, rounding(dtype, 128)};
              if (beta != 0) output.before = mixed;
              compare({output}, [&](Backend& backend, const auto& y) {
                GemmArgs args;
                args.out = y[0];
                args.a = ConstView(a);
                args.b = ConstView(b);
                args.bias = ConstView(bias);
                args.activation = activation;
                args.alpha = alpha;
                args.beta = beta;
                backend.gemm(args);
              });
            }
}

TEST(CpuGemm, Bf16Precision) {
  for (const Product& p : kProducts) {
    const Tensor a = input(p.a, DType::f32, Layout::contiguous, mixed);
    const Tensor b = input(p.b, DType::f32, Layout::reversed, [](int64_t i) { return 0.2 * mixed(i * 3); });
    SCOPED_TRACE(to_string(p.a) + " @ " + to_string(p.b));
    compare({{p.out, DType::f32, Layout::contiguous, rounding(DType::f32, 128)}},
            [&](Backend& backend, const auto& y) {
              GemmArgs args;
              args.out = y[0];
              args.a = ConstView(a);
              args.b = ConstView(b);
              args.precision = Precision::bf16;
              backend.gemm(args);
            });
  }
}

struct Geometry {
  Shape x, w, y;
  std::array<int, 2> stride{1, 1}, dilation{1, 1}, pad_begin{0, 0}, pad_end{0, 0};
  int groups = 1;
};
const Geometry kGeometries[] = {
    {{2, 3, 7, 8}, {5, 3, 3, 3}, {2, 5, 7, 8}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {{2, 4, 5, 6}, {6, 2, 3, 2}, {2, 6, 2, 6}, {2, 1}, {1, 2}, {1, 0}, {0, 2}, 2},
    {{3, 8, 6, 6}, {8, 1, 3, 3}, {3, 8, 6, 6}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 8},
    {{1, 16, 9, 9}, {32, 16, 1, 1}, {1, 32, 9, 9}},
    {{2, 1, 28, 28}, {32, 1, 5, 5}, {2, 32, 14, 14}, {2, 2}, {1, 1}, {2, 2}, {2, 2}},
    {{1, 2, 3, 3}, {3, 2, 3, 3}, {1, 3, 1, 1}},
    {{2, 3, 9, 7}, {4, 3, 2, 3}, {2, 4, 3, 3}, {3, 2}, {1, 1}, {0, 1}, {0, 0}},
    {{0, 3, 7, 8}, {5, 3, 3, 3}, {0, 5, 7, 8}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
};

/// Fills in everything but the views.
ConvArgs conv_args(const Geometry& g, ConvPass pass) {
  ConvArgs args;
  args.pass = pass;
  args.stride = g.stride;
  args.dilation = g.dilation;
  args.pad_begin = g.pad_begin;
  args.pad_end = g.pad_end;
  args.groups = g.groups;
  return args;
}

class CpuConv : public testing::TestWithParam<std::tuple<DType, Precision>> {};
INSTANTIATE_TEST_SUITE_P(Types, CpuConv,
                         testing::Values(std::tuple{DType::f32, Precision::f32},
                                         std::tuple{DType::f64, Precision::f32},
                                         std::tuple{DType::bf16, Precision::f32},
                                         std::tuple{DType::f32, Precision::bf16}));

TEST_P(CpuConv, ForwardDataAndWeightGradients) {
  const auto [dtype, precision] = GetParam();
  for (const Geometry& g : kGeometries)
    for (const Layout layout : {Layout::contiguous, Layout::channels_last, Layout::reversed, Layout::sliced})
      for (const bool with_bias : {true, false}) {
        SCOPED_TRACE(std::string(name(dtype)) + to_string(g.x) + " * " + to_string(g.w) + " " +
                     describe(layout));
        const auto small = [](int64_t i) { return 0.2 * mixed(i * 3); };
        const Tensor x = input(g.x, dtype, layout, mixed), w = input(g.w, dtype, Layout::contiguous, small);
        const Tensor y = input(g.y, dtype, layout, small),
                     bias = input({g.w[0]}, dtype, Layout::contiguous, mixed);
        // Weight gradients sum over batch and positions.
        const double terms = static_cast<double>(std::max<int64_t>(g.y.numel() / g.w[0], 1));
        const Precision chosen = precision;
        for (const Activation activation :
             {Activation::none, Activation::relu, Activation::gelu, Activation::tanh, Activation::sigmoid})
          compare({{g.y, dtype, layout, rounding(dtype, 128)}}, [&](Backend& backend, const auto& out) {
            ConvArgs args = conv_args(g, ConvPass::forward);
            args.x = View(x);
            args.w = View(w);
            if (with_bias) args.bias = View(bias);
            args.y = out[0];
            args.activation = activation;
            args.precision = chosen;
            backend.conv(args);
          });
        compare({{g.x, dtype, layout, rounding(dtype, 128)}}, [&](Backend& backend, const auto& out) {
          ConvArgs args = conv_args(g, ConvPass::data_grad);
          args.x = out[0];
          args.w = View(w);
          args.y = View(y);
          args.precision = chosen;
          backend.conv(args);
        });
        compare(
            {{g.w, dtype, Layout::contiguous, rounding(dtype, 64 + terms)},
             {{g.w[0]}, dtype, Layout::contiguous, rounding(dtype, 64 + terms), with_bias ? nullptr : mixed}},
            [&](Backend& backend, const auto& out) {
              ConvArgs args = conv_args(g, ConvPass::weight_grad);
              args.x = View(x);
              args.w = out[0];
              if (with_bias) args.bias = out[1];
              args.y = View(y);
              args.precision = chosen;
              backend.conv(args);
            });
      }
}

struct Windows {
  Shape x, y;
  std::array<int, 2> kernel{2, 2}, stride{2, 2}, pad_begin{0, 0}, pad_end{0, 0};
};
const Windows kWindows[] = {
    {{2, 3, 6, 8}, {2, 3, 3, 4}},
    {{2, 32, 28, 28}, {2, 32, 14, 14}},
    {{2, 3, 6, 7}, {2, 3, 3, 4}, {3, 2}, {2, 2}, {1, 1}, {1, 1}},
    {{1, 5, 7, 7}, {1, 5, 7, 7}, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
    {{1, 17, 9, 8}, {1, 17, 3, 3}, {3, 4}, {3, 2}, {0, 1}, {0, 0}},
    {{1, 2, 20, 20}, {1, 2, 1, 1}, {20, 20}, {20, 20}},  // 400 cells: the index is i64
    {{0, 3, 6, 8}, {0, 3, 3, 4}},
};

TEST(CpuPool, ForwardAndBackward) {
  for (const DType dtype : kFloating)
    for (const Windows& g : kWindows)
      for (const PoolKind kind : {PoolKind::max, PoolKind::avg_exclude_pad, PoolKind::avg_include_pad})
        for (const Layout layout :
             {Layout::contiguous, Layout::channels_last, Layout::reversed, Layout::sliced}) {
          SCOPED_TRACE(std::string(name(dtype)) + to_string(g.x) + " kind " +
                       std::to_string(static_cast<int>(kind)) + " " + describe(layout));
          const DType index_type = g.kernel[0] * g.kernel[1] <= 256 ? DType::u8 : DType::i64;
          const bool is_max = kind == PoolKind::max;
          // Whole numbers: many ties, whose first one must win.
          const Tensor x = input(g.x, dtype, layout, [&](int64_t i) {
            return is_max ? static_cast<double>((i * 7) % 5) - 9 : mixed(i);
          });
          const Tensor dy = input(g.y, dtype, layout, mixed);
          PoolArgs args;
          args.kind = kind;
          args.kernel = g.kernel;
          args.stride = g.stride;
          args.pad_begin = g.pad_begin;
          args.pad_end = g.pad_end;
          const double tolerance = is_max ? 0 : rounding(dtype, 64);
          for (const bool with_index : {true, false})
            compare({{g.y, dtype, layout, tolerance}, {g.y, index_type, layout}},
                    [&](Backend& backend, const auto& out) {
                      PoolArgs forward = args;
                      forward.x = View(x);
                      forward.y = out[0];
                      if (is_max && with_index) forward.index = out[1];
                      backend.pool(forward);
                    });
          const Placed y(g.y, dtype, layout), index(g.y, index_type, layout);
          PoolArgs forward = args;
          forward.x = View(x);
          forward.y = View(y.tensor);
          if (is_max) forward.index = View(index.tensor);
          reference().pool(forward);
          // Overlapping windows add up in the gradient.
          compare({{g.x, dtype, layout, rounding(dtype, 64) * (dtype == DType::bf16 ? 4 : 1)}},
                  [&](Backend& backend, const auto& out) {
                    PoolArgs backward = args;
                    backward.backward = true;
                    backward.x = out[0];
                    backward.y = View(dy);
                    if (is_max) backward.index = View(index.tensor);
                    backend.pool(backward);
                  });
        }
}

TEST(CpuBatchNorm, ForwardAndBackward) {
  for (const DType dtype : kFloating)
    for (const Shape& shape :
         {Shape{8, 5}, Shape{4, 6, 7}, Shape{3, 16, 5, 6}, Shape{16, 32, 14, 14}, Shape{2, 1, 1, 2}})
      for (const Layout layout :
           {Layout::contiguous, Layout::channels_last, Layout::reversed, Layout::sliced})
        for (const bool training : {true, false})
          for (const bool affine : {true, false})
            for (const Activation activation : {Activation::none, Activation::relu}) {
              if (shape.numel() > 50000 && (layout == Layout::reversed || layout == Layout::sliced)) continue;
              SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + " " + describe(layout) +
                           (training ? " training" : " evaluation") + (affine ? " affine" : "") +
                           (activation == Activation::relu ? " relu" : ""));
              const Shape c{shape[1]};
              const Tensor x = input(shape, dtype, layout, [](int64_t i) { return mixed(i) + 1; }),
                           dy = input(shape, dtype, layout, [](int64_t i) { return mixed(i * 5); });
              const Tensor w = affine ? input(c, dtype, Layout::contiguous, positive) : Tensor();
              const Tensor b = affine ? input(c, dtype, Layout::contiguous, mixed) : Tensor();
              const auto forward = [&](Backend& backend, const std::vector<View>& out) {
                BatchNormArgs args;
                args.x = ConstView(x);
                args.weight = ConstView(w);
                args.bias = ConstView(b);
                args.y = out[0];
                args.running_mean = out[1];
                args.running_var = out[2];
                args.save_mean = out[3];
                args.save_rstd = out[4];
                args.training = training;
                args.activation = activation;
                backend.batch_norm(args);
              };
              const double tolerance = rounding(dtype, 64);
              compare({{shape, dtype, layout, tolerance},
                       {c, dtype, Layout::contiguous, tolerance, mixed},
                       {c, dtype, Layout::contiguous, tolerance, positive},
                       {c, dtype, Layout::contiguous, tolerance},
                       {c, dtype, Layout::contiguous, tolerance}},
                      forward);
              const Placed y(shape, dtype, layout);
              const Tensor mean = input(c, dtype, Layout::contiguous, mixed),
                           var = input(c, dtype, Layout::contiguous, positive);
              const Tensor save_mean = empty(c, dtype), save_rstd = empty(c, dtype);
              forward(reference(), {View(y.tensor), View(mean), View(var), View(save_mean), View(save_rstd)});
              // Sums over batch and positions of terms up to 50 that cancel.
              const double terms = static_cast<double>(shape.numel() / shape[1]);
              compare({{shape, dtype, layout, rounding(dtype, 512)},
                       {c, dtype, Layout::contiguous, rounding(dtype, 128 + 2 * terms)},
                       {c, dtype, Layout::contiguous, rounding(dtype, 128 + 2 * terms)}},
                      [&](Backend& backend, const auto& out) {
                        BatchNormGradArgs args;
                        args.dy = ConstView(dy);
                        args.x = ConstView(x);
                        args.y = ConstView(y.tensor);
                        args.weight = ConstView(w);
                        args.save_mean = ConstView(save_mean);
                        args.save_rstd = ConstView(save_rstd);
                        args.dx = out[0];
                        args.dweight = out[1];
                        args.dbias = out[2];
                        args.training = training;
                        args.activation = activation;
                        backend.batch_norm_grad(args);
                      });
            }
}

}  // namespace
}  // namespace infograd
