#include <fmt/core.h>

#include <infograd/backends/registry.h>
#include <infograd/core/parallel.h>

#include "tests/backends/products.h"

namespace infograd::test {
namespace {

struct Case {
  Shape shape;
  DType dtype = DType::f32;
  Layout x = Layout::channels_last, y = Layout::channels_last;
  bool affine = true, running = true, training = true;
  Activation activation = Activation::none;
  double offset = 0;  ///< mean of x
};

void compare(const Case& c) {
  const Shape channels{c.shape[1]};
  Array x(c.shape, c.dtype, c.x), weight(channels, c.dtype), bias(channels, c.dtype),
      y(c.shape, c.dtype, c.y);
  Array running_mean(channels, c.dtype), running_var(channels, c.dtype), mean(channels, c.dtype),
      rstd(channels, c.dtype);
  x.fill(1, c.offset - 1, c.offset + 1), weight.fill(2, 0.5, 1.5), bias.fill(3), running_mean.fill(4);
  running_var.fill(5, 0.5, 1.5), mean.fill(6), rstd.fill(7, 0.5, 2), y.fill(8);
  Array y2 = y, running_mean2 = running_mean, running_var2 = running_var, mean2 = mean, rstd2 = rstd;
  const auto run = [&](Backend& backend, const Array& out, const Array& rm, const Array& rv, const Array& m,
                       const Array& r) {
    backend.batch_norm({.x = x.view,
                        .weight = c.affine ? ConstView(weight.view) : ConstView(),
                        .bias = c.affine ? ConstView(bias.view) : ConstView(),
                        .y = out.view,
                        .running_mean = c.running ? rm.view : View(),
                        .running_var = c.running ? rv.view : View(),
                        .save_mean = c.training ? m.view : View(),
                        .save_rstd = c.training ? r.view : View(),
                        .eps = 1e-5,
                        .momentum = 0.1,
                        .training = c.training,
                        .activation = c.activation});
  };
  run(backend_by_name("cpu"), y, running_mean, running_var, mean, rstd);
  run(reference(), y2, running_mean2, running_var2, mean2, rstd2);
  const std::string what =
      fmt::format("{} {} x {} y {} affine {} running {} training {} relu {} offset {}", to_string(c.shape),
                  name(c.dtype), to_string(c.x), to_string(c.y), c.affine, c.running, c.training,
                  c.activation == Activation::relu, c.offset);
  const double size = 10 + 4 * c.offset;
  expect_close(y.view, y2.view, size, what + " y");
  expect_close(running_mean.view, running_mean2.view, size, what + " running_mean");
  expect_close(running_var.view, running_var2.view, size, what + " running_var");
  expect_close(mean.view, mean2.view, size, what + " mean");
  expect_close(rstd.view, rstd2.view, size, what + " rstd");

  Array dy(c.shape, c.dtype, c.y), dx(c.shape, c.dtype, c.x), dweight(channels, c.dtype),
      dbias(channels, c.dtype);
  dy.fill(9), dx.fill(10), dweight.fill(11), dbias.fill(12);
  Array dx2 = dx, dweight2 = dweight, dbias2 = dbias;
  const auto run_grad = [&](Backend& backend, const Array& gx, const Array& gw, const Array& gb) {
    backend.batch_norm_grad({.dy = dy.view,
                             .x = x.view,
                             .y = c.activation == Activation::relu ? ConstView(y2.view) : ConstView(),
                             .weight = c.affine ? ConstView(weight.view) : ConstView(),
                             .save_mean = mean2.view,
                             .save_rstd = rstd2.view,
                             .dx = gx.view,
                             .dweight = c.affine ? gw.view : View(),
                             .dbias = c.affine ? gb.view : View(),
                             .training = c.training,
                             .activation = c.activation});
  };
  run_grad(backend_by_name("cpu"), dx, dweight, dbias);
  run_grad(reference(), dx2, dweight2, dbias2);
  const double n = c.shape[1] == 0 ? 1 : static_cast<double>(c.shape.numel() / c.shape[1]);
  expect_close(dx.view, dx2.view, size, what + " dx");
  expect_close(dweight.view, dweight2.view, n * size / 10, what + " dweight");
  expect_close(dbias.view, dbias2.view, n, what + " dbias");
}

TEST(BatchNorm, ShapesTypesAndModes) {
  for (DType dtype : {DType::f32, DType::f64})
    for (bool training : {true, false})
      for (Activation activation : {Activation::none, Activation::relu})
        for (bool affine : {true, false}) {
          const auto with = [&](const Shape& shape, Layout layout) {
            compare({shape, dtype, layout, layout, affine, true, training, activation});
          };
          with({4, 32, 14, 14}, Layout::channels_last);
          with({8, 3, 30, 31}, Layout::channels_last);
          with({2, 200, 5, 5}, Layout::channels_last);
          with({4, 6, 9, 9}, Layout::row_major);
          with({64, 50}, Layout::row_major);
          with({3000, 7}, Layout::row_major);
          with({6, 5, 40}, Layout::row_major);
        }
}

TEST(BatchNorm, MixedLayoutsAndNoRunningStatistics) {
  for (DType dtype : {DType::f32, DType::f64, DType::bf16})
    for (Layout x : {Layout::channels_last, Layout::row_major, Layout::padded, Layout::stepped})
      for (Layout y : {Layout::channels_last, Layout::row_major, Layout::padded})
        compare({{3, 5, 6, 7}, dtype, x, y, true, false, true, Activation::relu});
}

TEST(BatchNorm, AMeanFarFromZeroKeepsItsVariance) {
  for (DType dtype : {DType::f32, DType::f64})
    compare({{16, 8, 20, 20},
             dtype,
             Layout::channels_last,
             Layout::channels_last,
             true,
             true,
             true,
             Activation::none,
             100});
}

TEST(BatchNorm, DoesNotDependOnTheThreadCount) {
  const int threads = num_threads();
  const Shape shape{32, 16, 20, 20}, channels{16};
  Array x(shape, DType::f32, Layout::channels_last), y(shape, DType::f32, Layout::channels_last),
      dx1 = x, dx2 = x, y2 = y;
  Array mean(channels, DType::f32), rstd = mean, dw1 = mean, dw2 = mean, db1 = mean, db2 = mean;
  x.fill(1);
  const auto run = [&](const Array& out, const Array& dx, const Array& dw, const Array& db) {
    Backend& backend = backend_by_name("cpu");
    backend.batch_norm({.x = x.view,
                        .weight = {},
                        .bias = {},
                        .y = out.view,
                        .running_mean = {},
                        .running_var = {},
                        .save_mean = mean.view,
                        .save_rstd = rstd.view,
                        .activation = Activation::relu});
    backend.batch_norm_grad({.dy = x.view,
                             .x = x.view,
                             .y = out.view,
                             .weight = {},
                             .save_mean = mean.view,
                             .save_rstd = rstd.view,
                             .dx = dx.view,
                             .dweight = dw.view,
                             .dbias = db.view,
                             .activation = Activation::relu});
  };
  set_num_threads(1);
  run(y, dx1, dw1, db1);
  set_num_threads(2);
  run(y2, dx2, dw2, db2);
  set_num_threads(threads);
  EXPECT_EQ(y.bytes, y2.bytes);
  EXPECT_EQ(dx1.bytes, dx2.bytes);
  EXPECT_EQ(dw1.bytes, dw2.bytes);
  EXPECT_EQ(db1.bytes, db2.bytes);
}

}  // namespace
}  // namespace infograd::test
