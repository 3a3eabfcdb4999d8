#include <limits>

#include <fmt/core.h>

#include <infograd/backends/registry.h>
#include <infograd/core/parallel.h>

#include "tests/backends/products.h"

namespace infograd::test {
namespace {

struct Case {
  int64_t batch, channels, height, width;
  std::array<int, 2> kernel{2, 2}, stride{2, 2}, begin{0, 0}, end{0, 0};
  DType dtype = DType::f32;
  Layout x = Layout::channels_last, y = Layout::channels_last;
  bool ties = false, nans = false;
};

void compare(const Case& c, PoolKind kind, bool with_index = true) {
  const auto extent = [&](size_t axis, int64_t size) {
    return (size + c.begin[axis] + c.end[axis] - c.kernel[axis]) / c.stride[axis] + 1;
  };
  const Shape out_shape{c.batch, c.channels, extent(0, c.height), extent(1, c.width)};
  const bool has_index = kind == PoolKind::max && with_index;
  const DType index_type = c.kernel[0] * c.kernel[1] <= 256 ? DType::u8 : DType::i64;
  Array x({c.batch, c.channels, c.height, c.width}, c.dtype, c.x), y(out_shape, c.dtype, c.y);
  Array index(out_shape, index_type, c.y);
  x.fill(1);
  if (c.ties || c.nans)
    for (size_t i = 0; i < x.bytes.size() / item_size(c.dtype); ++i) {
      const double value =
          c.nans && i % 7 == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(i % 3);
      if (c.dtype == DType::f32) x.view.as<float>()[i] = static_cast<float>(value);
      if (c.dtype == DType::f64) x.view.as<double>()[i] = value;
      if (c.dtype == DType::bf16) x.view.as<bfloat16>()[i] = bfloat16(static_cast<float>(value));
    }
  const auto run = [&](Backend& backend, bool backward, const Array& xa, const Array& ya, const Array& ia) {
    backend.pool({.kind = kind,
                  .backward = backward,
                  .x = xa.view,
                  .y = ya.view,
                  .index = has_index ? ia.view : View(),
                  .kernel = c.kernel,
                  .stride = c.stride,
                  .pad_begin = c.begin,
                  .pad_end = c.end});
  };
  const std::string what =
      fmt::format("kind {} {}x{}x{}x{} kernel {}x{} stride {}x{} {} x {} y {}", static_cast<int>(kind),
                  c.batch, c.channels, c.height, c.width, c.kernel[0], c.kernel[1], c.stride[0], c.stride[1],
                  name(c.dtype), to_string(c.x), to_string(c.y));
  Array want_y = y, want_index = index;
  run(backend_by_name("cpu"), false, x, y, index);
  run(reference(), false, x, want_y, want_index);
  const auto cells = static_cast<double>(c.kernel[0] * c.kernel[1]);
  if (c.nans) {
    const auto got = values(y.view), want = values(want_y.view);
    for (size_t i = 0; i < got.size(); ++i)
      ASSERT_TRUE(got[i] == want[i] || (got[i] != got[i] && want[i] != want[i])) << what;
  } else {
    expect_close(y.view, want_y.view, kind == PoolKind::max ? 0 : cells, what);
  }
  if (has_index) {
    ASSERT_EQ(values(index.view), values(want_index.view)) << what;
  }
  if (kind == PoolKind::max && !has_index) return;

  Array dy(out_shape, c.dtype, c.y), dx({c.batch, c.channels, c.height, c.width}, c.dtype, c.x);
  dy.fill(2), dx.fill(3);
  Array want_dx = dx;
  run(backend_by_name("cpu"), true, dx, dy, index);
  run(reference(), true, want_dx, dy, index);
  expect_close(dx.view, want_dx.view, cells, what + " dx");
}

constexpr PoolKind kKinds[] = {PoolKind::max, PoolKind::avg_exclude_pad, PoolKind::avg_include_pad};

TEST(Pool, Geometries) {
  for (DType dtype : {DType::f32, DType::f64, DType::bf16})
    for (PoolKind kind : kKinds) {
      const auto with = [&](Case c) {
        c.dtype = dtype;
        compare(c, kind);
      };
      with({3, 32, 28, 28});
      with({2, 5, 9, 7});
      with({2, 70, 8, 9, {3, 3}, {1, 1}, {1, 1}, {1, 1}});
      with({2, 130, 7, 7, {3, 3}, {2, 2}, {1, 1}, {1, 1}});
      with({1, 1, 12, 11, {3, 2}, {2, 3}, {1, 0}, {0, 1}});
      with({2, 8, 6, 6, {6, 6}, {1, 1}});
      with({1, 4, 20, 20, {17, 17}, {1, 1}});  // more cells than u8 can name
      with({2, 4, 5, 5, {2, 2}, {2, 2}, {0, 0}, {1, 1}});
      with({2, 4, 9, 9, {2, 2}, {3, 3}});
    }
}

TEST(Pool, Layouts) {
  for (DType dtype : {DType::f32, DType::f64})
    for (PoolKind kind : kKinds)
      for (Layout x : {Layout::channels_last, Layout::row_major, Layout::padded, Layout::stepped})
        for (Layout y : {Layout::channels_last, Layout::row_major, Layout::padded})
          compare({2, 6, 8, 7, {3, 3}, {2, 2}, {1, 1}, {1, 1}, dtype, x, y}, kind);
}

TEST(Pool, TheFirstOfEqualsAndTheFirstNanWin) {
  for (DType dtype : {DType::f32, DType::f64}) {
    compare({2,
             19,
             9,
             9,
             {3, 3},
             {2, 2},
             {1, 1},
             {1, 1},
             dtype,
             Layout::channels_last,
             Layout::channels_last,
             true},
            PoolKind::max);
    compare({2,
             19,
             9,
             9,
             {3, 3},
             {2, 2},
             {1, 1},
             {1, 1},
             dtype,
             Layout::channels_last,
             Layout::channels_last,
             true,
             true},
            PoolKind::max);
  }
}

TEST(Pool, WithoutIndex) {
  compare({2, 8, 9, 9}, PoolKind::max, false);
}

TEST(Pool, EmptyBatch) {
  for (PoolKind kind : kKinds) compare({0, 8, 9, 9}, kind);
}

TEST(Pool, DoesNotDependOnTheThreadCount) {
  const int threads = num_threads();
  Array dy({16, 32, 13, 13}, DType::f32, Layout::channels_last),
      index({16, 32, 13, 13}, DType::u8, Layout::channels_last);
  Array x({16, 32, 27, 27}, DType::f32, Layout::channels_last), y = dy, dx1 = x, dx2 = x;
  x.fill(1), dy.fill(2);
  const auto args = [&](const Array& image, const Array& out, bool backward) {
    return PoolArgs{.kind = PoolKind::max,
                    .backward = backward,
                    .x = image.view,
                    .y = out.view,
                    .index = index.view,
                    .kernel = {3, 3}};
  };
  backend_by_name("cpu").pool(args(x, y, false));
  set_num_threads(1);
  backend_by_name("cpu").pool(args(dx1, dy, true));
  set_num_threads(2);
  backend_by_name("cpu").pool(args(dx2, dy, true));
  set_num_threads(threads);
  EXPECT_EQ(dx1.bytes, dx2.bytes);
}

}  // namespace
}  // namespace infograd::test
