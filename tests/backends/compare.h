// The comparison of the fast CPU backend with the reference: same inputs in many layouts, outputs in guarded
// memory.
#pragma once

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include <infograd/core/parallel.h>

#include "tests/backends/helpers.h"

namespace infograd::test {

inline Backend& fast() {
  return backend_by_name("cpu");
}

/// How a tensor lies in memory.
enum class Layout {
  contiguous,
  reversed,       ///< axes in reverse order: a transposed matrix
  channels_last,  ///< [B, C, H, W] with the memory of [B, H, W, C]; other ranks as contiguous
  sliced,         ///< rows with gaps between them, not at the start of the storage
  repeat_first,   ///< stride 0 along the first axis (inputs only)
  repeat_last     ///< stride 0 along the last axis (inputs only)
};
inline constexpr Layout kInputLayouts[] = {Layout::contiguous, Layout::reversed,     Layout::channels_last,
                                           Layout::sliced,     Layout::repeat_first, Layout::repeat_last};
inline constexpr Layout kOutputLayouts[] = {Layout::contiguous, Layout::reversed, Layout::channels_last,
                                            Layout::sliced};
inline constexpr DType kFloating[] = {DType::f32, DType::f64, DType::bf16};
inline constexpr DType kAllTypes[] = {DType::f32, DType::f64, DType::bf16, DType::i64, DType::u8, DType::b8};

inline std::string describe(Layout layout) {
  constexpr const char* names[] = {"contiguous", "reversed",     "channels_last",
                                   "sliced",     "repeat_first", "repeat_last"};
  return names[static_cast<int>(layout)];
}

/// A view into memory that has a margin of sentinels on both sides and in its gaps.
class Placed {
 public:
  Placed(const Shape& shape, DType dtype, Layout layout) {
    Strides strides = contiguous_strides(shape);
    const int rank = shape.rank();
    if (layout == Layout::channels_last && rank == 4) {
      strides = {shape[1] * shape[2] * shape[3], 1, shape[3] * shape[1], shape[1]};
    } else if (layout == Layout::reversed || layout == Layout::sliced) {
      Shape padded = shape;
      if (layout == Layout::sliced && rank > 0) padded[rank - 1] += 3;
      strides = contiguous_strides(padded);
      if (layout == Layout::reversed)
        for (int axis = 0; axis < rank; ++axis)
          strides[axis] = axis == 0 ? 1 : strides[axis - 1] * shape[axis - 1];
    }
    if (layout == Layout::repeat_first && rank > 0) strides[0] = 0;
    if (layout == Layout::repeat_last && rank > 0) strides[rank - 1] = 0;
    int64_t reach = 1;
    for (int axis = 0; axis < rank; ++axis) reach += std::max<int64_t>(shape[axis] - 1, 0) * strides[axis];
    memory_ = empty({reach + 2 * kMargin}, dtype);
    assign(memory_, Values(static_cast<size_t>(memory_.numel()), kSentinel));
    tensor = make_view(memory_, shape, strides, kMargin);
  }

  /// Fails when anything but the view was written since it was filled with sentinels by `guard()`.
  void expect_margins_untouched() const {
    Values before = values(memory_);
    const Values inside = values(tensor);
    assign(tensor, Values(inside.size(), kSentinel));
    const Values rest = values(memory_);
    assign(tensor, inside);
    for (size_t i = 0; i < rest.size(); ++i)
      ASSERT_EQ(rest[i], kSentinel) << "memory outside the output was written, at element "
                                    << static_cast<int64_t>(i) - kMargin << " from its start";
  }

  Tensor tensor;

 private:
  static constexpr int64_t kMargin = 67;
  static constexpr double kSentinel = 1;  // the one value that every dtype holds, b8 included
  Tensor memory_;
};

/// A tensor of f's values f(0), f(1), ... in a layout; where the layout repeats, the last one written stands.
inline Tensor input(const Shape& shape, DType dtype, Layout layout, const std::function<double(int64_t)>& f) {
  const Placed placed(shape, dtype, layout);
  Values v(static_cast<size_t>(shape.numel()));
  for (size_t i = 0; i < v.size(); ++i) v[i] = f(static_cast<int64_t>(i));
  assign(placed.tensor, v);
  return placed.tensor;
}

/// Numbers of both signs and many magnitudes, none repeated soon.
inline double mixed(int64_t i) {
  const auto t = static_cast<double>(i);
  return 3 * std::sin(0.7 * t + 0.3) + std::cos(1.9 * t) * (i % 7 == 3 ? 4 : 1);
}
inline double positive(int64_t i) {
  return std::abs(mixed(i)) + 0.01;
}

/// One output of a method: where it is placed, and how far the fast result may be from the reference's.
struct Output {
  Shape shape;
  DType dtype;
  Layout layout = Layout::contiguous;
  double tolerance = 0;                        ///< times max(1, |reference|)
  std::function<double(int64_t)> before = {};  ///< what it holds before the call; NaN (or 0) when not given
};

/// Tolerance of a result computed in the arithmetic of `dtype`, in units of its relative rounding error u.
inline double rounding(DType dtype, double units = 8) {
  switch (dtype) {
    case DType::f32:
      return units * 0x1p-24;
    case DType::f64:
      return units * 0x1p-52;  // twice: the reference rounds as well
    case DType::bf16:
      return 0x1p-7 + units * 0x1p-24;  // computed in f32; the last rounding may fall the other way
    default:
      return 0;
  }
}

using Run = std::function<void(Backend&, const std::vector<View>&)>;

/// What `run` writes on `backend`.
inline std::vector<Values> results(Backend& backend, const std::vector<Output>& outputs, const Run& run) {
  std::vector<Placed> placed;
  std::vector<View> views;
  for (const Output& output : outputs) {
    placed.emplace_back(output.shape, output.dtype, output.layout);
    const auto n = static_cast<size_t>(output.shape.numel());
    Values before(n, is_floating(output.dtype) ? kNan : 0);
    for (size_t i = 0; i < n && output.before; ++i) before[i] = output.before(static_cast<int64_t>(i));
    assign(placed.back().tensor, before);
    views.emplace_back(placed.back().tensor);
  }
  run(backend, views);
  std::vector<Values> result;
  for (const Placed& p : placed) {
    p.expect_margins_untouched();
    result.push_back(values(p.tensor));
  }
  return result;
}

/// NaN against NaN, infinity against the same, else within tolerance * max(1, |expected|). Reports the worst
/// element.
inline void expect_close(const Values& actual, const Values& expected, double tolerance, size_t output) {
  double worst = 0;
  size_t where = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const bool both_nan = std::isnan(actual[i]) && std::isnan(expected[i]);
    if (both_nan || actual[i] == expected[i]) continue;
    const double error = std::abs(actual[i] - expected[i]) / std::max(1.0, std::abs(expected[i]));
    if (!(error <= worst)) worst = std::isnan(error) ? kInf : error, where = i;
  }
  EXPECT_LE(worst, tolerance) << "output " << output << ", element " << where << " of " << expected.size()
                              << ": " << actual[where] << " against " << expected[where];
}

/// Runs on both backends and compares every output.
inline void compare(const std::vector<Output>& outputs, const Run& run) {
  const std::vector<Values> actual = results(fast(), outputs, run),
                            expected = results(reference(), outputs, run);
  for (size_t i = 0; i < outputs.size(); ++i) expect_close(actual[i], expected[i], outputs[i].tolerance, i);
}

/// Runs on one and on two threads and requires the same bits.
inline void expect_same_on_any_thread_count(const std::vector<Output>& outputs, const Run& run) {
  const int before = num_threads();
  set_num_threads(1);
  const std::vector<Values> one = results(fast(), outputs, run);
  set_num_threads(2);
  const std::vector<Values> two = results(fast(), outputs, run);
  set_num_threads(before);
  for (size_t i = 0; i < outputs.size(); ++i) expect_close(two[i], one[i], 0, i);
}

}  // namespace infograd::test
