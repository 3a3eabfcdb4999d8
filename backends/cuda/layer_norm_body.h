// Private: layer norm of contiguous rows (LayerNormArgs), in steps between which the lanes of a row meet.
#pragma once

#include <cmath>

#include <infograd/backends/cuda/images.h>
#include <infograd/backends/cuda/lines.h>
#include <infograd/backends/cuda/moments.h>

namespace infograd::cuda {

template <class T>
struct LayerNormKernel {
  using C = typename Compute<T>::type;
  using Value = Moments;
  static constexpr int kStretch = 16;
  Lines<1> lines;  ///< rows of x and y
  const T* x;
  T* y;
  Vector<const T> weight, bias;
  Vector<T> mean, rstd;  ///< may be empty
  double eps;

  INFOGRAD_HD Moments moments(int64_t block, int thread) const {
    const MomentsOf<T> policy;
    Moments acc = policy.start();
    auto part = policy.begin();
    const auto read = [&](const int64_t* at, int64_t) { return x[at[0]]; };
    lines.for_each(block, thread, read, [&](const int64_t*, int64_t i, T value) {
      policy.add(part, value, i, 0);
      if (part.n < kStretch) return;
      acc = Moments::combine(acc, policy.widen(part));
      part = policy.begin();
    });
    return Moments::combine(acc, policy.widen(part));
  }

  INFOGRAD_HD void write(int64_t block, int thread, const Moments& m) const {
    const int64_t row = lines.line_of(block, thread);
    if (row >= lines.count) return;
    const double scale = 1 / std::sqrt(m.variance() + eps);
    if (lines.schedule.lane(thread) == 0) {
      mean.set(row, m.mean);
      rstd.set(row, scale);
    }
    const C center = static_cast<C>(m.mean), by = static_cast<C>(scale);
    const C shift = static_cast<C>((static_cast<double>(center) - m.mean) * scale);  // of the rounded mean
    struct Read {
      T x;
      C weight, bias;
    };
    const auto read = [&](const int64_t* at, int64_t i) {
      return Read{x[at[0]], static_cast<C>(weight.at_or(i, 1)), static_cast<C>(bias.at_or(i, 0))};
    };
    lines.for_each(block, thread, read, [&](const int64_t* at, int64_t, const Read& from) {
      const C value = (convert<C>(from.x) - center) * by + shift;
      y[at[0]] = convert<T>(value * from.weight + from.bias);
    });
  }
};

/// dx = rstd * (g - mean of g - xhat * mean of g xhat), g = dy * weight.
template <class T>
struct LayerNormGradKernel {
  using C = typename Compute<T>::type;
  using Value = GradSums;
  Lines<1> lines;  ///< rows of dx, dy and x
  T* dx;
  const T* dy;
  const T* x;
  Vector<const T> weight, mean, rstd;

  INFOGRAD_HD GradSums sums(int64_t block, int thread) const {
    GradSums s{};
    const int64_t row = lines.line_of(block, thread);
    if (row >= lines.count) return s;
    const C center = static_cast<C>(mean.at(row)), by = static_cast<C>(rstd.at(row));
    lines.for_each(block, thread, reader(), [&](const int64_t*, int64_t, const Pair& pair) {
      s.sum += pair.g;
      s.projection += pair.g * ((pair.x - center) * by);
    });
    return s;
  }

  INFOGRAD_HD void write(int64_t block, int thread, const GradSums& s) const {
    const int64_t row = lines.line_of(block, thread);
    if (row >= lines.count) return;
    const double n = static_cast<double>(lines.length);
    const C center = static_cast<C>(mean.at(row)), by = static_cast<C>(rstd.at(row));
    const C offset = static_cast<C>(s.sum / n), slope = static_cast<C>(s.projection / n);
    lines.for_each(block, thread, reader(), [&](const int64_t* at, int64_t, const Pair& pair) {
      dx[at[0]] = convert<T>(by * (pair.g - (offset + (pair.x - center) * by * slope)));
    });
  }

 private:
  struct Pair {
    C g, x;
  };
  INFOGRAD_HD auto reader() const {
    return [this](const int64_t* at, int64_t i) {
      return Pair{convert<C>(dy[at[0]]) * static_cast<C>(weight.at_or(i, 1)), convert<C>(x[at[0]])};
    };
  }
};

/// The columns of x [R, D] as slices, and what sums their gradients of weight and bias.
inline Slices column_slices(const Shape& shape) {
  const Strides rows = contiguous_strides(shape);
  return Slices::of(shape, rows, {1, shape[1]}, rows);
}
template <class T>
GradSumsOf<T> column_sums(const LayerNormGradArgs& args) {
  const Strides rows{args.x.shape[1]};
  GradSumsOf<T> policy;
  policy.dy = args.dy.as<T>();
  policy.dy_step = 1;
  policy.within = Offsets<2>(collapse<2>({args.x.shape[0]}, {&rows, &rows}));
  policy.mean = Vector<const T>(args.mean), policy.rstd = Vector<const T>(args.rstd);
  policy.by_element = 1;
  return policy;
}

/// Thread i: the gradients of weight i and bias i.
template <class T>
struct ParameterGrads {
  const GradSums* sums;
  Vector<T> dweight, dbias;  ///< either may be empty
  INFOGRAD_HD void run(uint32_t i) const {
    dweight.set(i, sums[i].projection);
    dbias.set(i, sums[i].sum);
  }
};

}  // namespace infograd::cuda
