#include <limits>

#include <fmt/core.h>

#include <infograd/backends/registry.h>
#include <infograd/core/parallel.h>

#include "tests/backends/products.h"

namespace infograd::test {
namespace {

struct Case {
  Shape batch;
  int64_t m, n, k;
  DType dtype = DType::f32;
  Layout a = Layout::row_major, b = Layout::row_major, out = Layout::row_major;
  Activation activation = Activation::none;
  bool bias = false;
  Precision precision = Precision::f32;
  double alpha = 1, beta = 0;
};

Shape matrix(Shape shape, int64_t rows, int64_t cols) {
  shape.push_back(rows);
  shape.push_back(cols);
  return shape;
}

void compare(const Case& c) {
  Array a(matrix(c.batch, c.m, c.k), c.dtype, c.a), b(matrix(c.batch, c.k, c.n), c.dtype, c.b),
      bias({c.n}, c.dtype);
  Array out(matrix(c.batch, c.m, c.n), c.dtype, c.out);
  a.fill(1), b.fill(2), bias.fill(3), out.fill(4);
  Array want = out;
  const auto args = [&](View result) {
    return GemmArgs{.out = result,
                    .a = a.view,
                    .b = b.view,
                    .bias = c.bias ? ConstView(bias.view) : ConstView(),
                    .activation = c.activation,
                    .precision = c.precision,
                    .alpha = c.alpha,
                    .beta = c.beta};
  };
  backend_by_name("cpu").gemm(args(out.view));
  reference().gemm(args(want.view));
  const std::string what =
      fmt::format("{}x{}x{} batch {} {} a {} b {} out {} activation {} bias {} alpha {} beta {}", c.m, c.n,
                  c.k, to_string(c.batch), name(c.dtype), to_string(c.a), to_string(c.b), to_string(c.out),
                  static_cast<int>(c.activation), c.bias, c.alpha, c.beta);
  expect_close(out.view, want.view, static_cast<double>(c.k), what);
}

constexpr DType kTypes[] = {DType::f32, DType::f64, DType::bf16};
constexpr Layout kLayouts[] = {Layout::row_major, Layout::transposed, Layout::padded, Layout::stepped};

TEST(Gemm, LayoutsOfEveryOperand) {
  for (DType dtype : kTypes)
    for (int64_t size : {int64_t{7}, int64_t{90}})  // below and above the change from BLAS to oneDNN
      for (Layout a : kLayouts)
        for (Layout b : kLayouts)
          for (Layout out : kLayouts) compare({{}, size, size + 3, size + 1, dtype, a, b, out});
}

TEST(Gemm, EpilogueBiasAlphaBeta) {
  for (DType dtype : kTypes)
    for (int64_t size : {int64_t{9}, int64_t{80}})
      for (bool bias : {false, true}) {
        for (Activation activation :
             {Activation::none, Activation::relu, Activation::gelu, Activation::tanh, Activation::sigmoid})
          for (Layout out : {Layout::row_major, Layout::transposed})
            compare({{},
                     size,
                     size + 5,
                     40,
                     dtype,
                     Layout::row_major,
                     Layout::transposed,
                     out,
                     activation,
                     bias});
        for (double alpha : {0.0, 1.0, -0.5})
          for (double beta : {0.0, 1.0, 0.25})
            compare({{},
                     size,
                     size + 5,
                     40,
                     dtype,
                     Layout::row_major,
                     Layout::row_major,
                     Layout::row_major,
                     Activation::none,
                     bias,
                     Precision::f32,
                     alpha,
                     beta});
      }
}

TEST(Gemm, ExtentsOfOneAndZero) {
  for (DType dtype : kTypes)
    for (int64_t m : {0, 1, 65})
      for (int64_t n : {0, 1, 70})
        for (int64_t k : {0, 1, 300})
          for (Layout layout : {Layout::row_major, Layout::transposed, Layout::padded})
            compare({{}, m, n, k, dtype, layout, layout, Layout::row_major, Activation::relu, true});
}

TEST(Gemm, Batches) {
  for (DType dtype : kTypes)
    for (const Shape& batch :
         {Shape{1}, Shape{5}, Shape{2, 3}, Shape{2, 1, 3}, Shape{2, 2, 2, 2}, Shape{0}, Shape{2, 0}})
      for (Layout layout : {Layout::row_major, Layout::transposed, Layout::padded, Layout::stepped})
        compare({batch, 33, 20, 50, dtype, layout, layout, Layout::row_major, Activation::none, true});
}

TEST(Gemm, RepeatedAndInterleavedBatches) {
  for (DType dtype : kTypes) {
    const int64_t heads = 4, rows = 17, cols = 24, inner = 31;
    // a [2, heads, rows, inner] as a view of [2, rows, heads, inner]; b shared by all, or by all heads, or by
    // all images
    Array a({2, heads, rows, inner}, dtype, Strides{rows * heads * inner, inner, heads * inner, 1});
    Array b({2, heads, inner, cols}, dtype);
    a.fill(1), b.fill(2);
    for (const auto& [s0, s1] :
         {std::pair{int64_t{0}, int64_t{0}}, {inner * cols, int64_t{0}}, {int64_t{0}, inner * cols}}) {
      ConstView shared = b.view;
      shared.strides[0] = s0;
      shared.strides[1] = s1;
      Array out({2, heads, rows, cols}, dtype), want = out;
      backend_by_name("cpu").gemm({.out = out.view, .a = a.view, .b = shared, .bias = {}});
      reference().gemm({.out = want.view, .a = a.view, .b = shared, .bias = {}});
      expect_close(out.view, want.view, inner, "shared batch");
    }
    // a left operand with all rows equal, and one row for all batches
    ConstView repeated = a.view;
    repeated.strides[2] = 0;
    Array out({2, heads, rows, cols}, dtype), want = out;
    backend_by_name("cpu").gemm({.out = out.view, .a = repeated, .b = b.view, .bias = {}});
    reference().gemm({.out = want.view, .a = repeated, .b = b.view, .bias = {}});
    expect_close(out.view, want.view, inner, "repeated rows");
    // overlapping batches: windows of one sequence
    ConstView windows(a.view.data, dtype, {6, rows, inner}, {3, inner, 1});
    Array out3({6, rows, cols}, dtype), want3 = out3;
    const ConstView b3(b.view.data, dtype, {6, inner, cols}, {inner * cols, cols, 1});
    backend_by_name("cpu").gemm({.out = out3.view, .a = windows, .b = b3, .bias = {}});
    reference().gemm({.out = want3.view, .a = windows, .b = b3, .bias = {}});
    expect_close(out3.view, want3.view, inner, "overlapping batches");
  }
}

TEST(Gemm, BatchWithSharedRightOperandIsOneProduct) {
  Array a({6, 40, 30}, DType::f32), b({30, 50}, DType::f32), bias({50}, DType::f32);
  a.fill(1), b.fill(2), bias.fill(3);
  const ConstView shared(b.view.data, DType::f32, {6, 30, 50}, {0, 50, 1});
  Array out({6, 40, 50}, DType::f32), want = out;
  backend_by_name("cpu").gemm({.out = out.view, .a = a.view, .b = shared, .bias = bias.view});
  reference().gemm({.out = want.view, .a = a.view, .b = shared, .bias = bias.view});
  expect_close(out.view, want.view, 30, "folded batch");
}

TEST(Gemm, RowsAMultipleOfAPageApart) {  // copied with longer rows where that is faster
  for (Layout layout : {Layout::row_major, Layout::transposed})
    compare({{},
             70,
             1024,
             260,
             DType::f32,
             layout,
             Layout::row_major,
             Layout::row_major,
             Activation::relu,
             true});
}

TEST(Gemm, Bf16PrecisionRoundsTheOperandsOnly) {
  for (int64_t size : {int64_t{12}, int64_t{100}})
    for (Layout layout : {Layout::row_major, Layout::transposed, Layout::stepped})
      compare({{},
               size,
               size + 1,
               200,
               DType::f32,
               layout,
               layout,
               Layout::row_major,
               Activation::relu,
               true,
               Precision::bf16});
}

TEST(Gemm, BetaZeroNeverReadsTheOutput) {
  for (int64_t size : {int64_t{5}, int64_t{100}})
    for (DType dtype : kTypes) {
      Array a({size, size}, dtype), b({size, size}, dtype), out({size, size}, dtype);
      const double nan = std::numeric_limits<double>::quiet_NaN();
      a.fill(1), b.fill(2), out.fill(3, nan, nan);
      backend_by_name("cpu").gemm({.out = out.view, .a = a.view, .b = b.view, .bias = {}});
      for (double v : values(out.view)) ASSERT_TRUE(std::isfinite(v));
    }
}

TEST(Gemm, ReluKeepsNaN) {                         // as 0 it would hide a model that diverged
  for (int64_t size : {int64_t{5}, int64_t{100}})  // BLAS, oneDNN
    for (DType dtype : kTypes)
      for (Layout layout : {Layout::row_major, Layout::transposed}) {
        Array a({size, size}, dtype), b({size, size}, dtype), out({size, size}, dtype, layout);
        const double nan = std::numeric_limits<double>::quiet_NaN();
        a.fill(1, nan, nan), b.fill(2), out.fill(3);
        backend_by_name("cpu").gemm(
            {.out = out.view, .a = a.view, .b = b.view, .bias = {}, .activation = Activation::relu});
        for (double v : values(out.view)) ASSERT_TRUE(std::isnan(v)) << size << " " << name(dtype);
      }
}

TEST(Gemm, GapsOfTheOutputStayUntouched) {
  Array a({90, 80}, DType::f32), b({80, 70}, DType::f32), out({90, 70}, DType::f32, Layout::padded);
  a.fill(1), b.fill(2), out.fill(3);
  const Array before = out;
  backend_by_name("cpu").gemm({.out = out.view, .a = a.view, .b = b.view, .bias = {}});
  const auto* got = reinterpret_cast<const float*>(out.bytes.data());
  const auto* old = reinterpret_cast<const float*>(before.bytes.data());
  for (int64_t row = 0; row + 1 < 90; ++row)
    for (int64_t gap = 70; gap < 75; ++gap) ASSERT_EQ(got[row * 75 + gap], old[row * 75 + gap]);
}

}  // namespace
}  // namespace infograd::test
