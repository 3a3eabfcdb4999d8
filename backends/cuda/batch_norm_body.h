// Private: batch norm. Sums over the slices of the channels (moments.h), then one thread per channel makes of
// them a few numbers with which every element is computed by itself.
#pragma once

#include <cmath>

#include <infograd/backends/args.h>
#include <infograd/backends/cuda/images.h>
#include <infograd/backends/cuda/moments.h>
#include <infograd/backends/cuda/slices.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd::cuda {

/// The channels of x [B, C, ..] as slices whose results lie by their number.
inline Slices channel_slices(const Shape& shape, const Strides& strides) {
  Shape kept(Dims::filled(shape.rank(), 1));
  kept[1] = shape[1];
  Strides numbers(Dims::filled(shape.rank(), 0));
  numbers[1] = 1;
  return Slices::of(shape, strides, kept, numbers);
}

/// The strides of one element per channel.
inline Strides along_channels(int rank) {
  Strides strides(Dims::filled(rank, 0));
  strides[1] = 1;
  return strides;
}

/// y = (x - center) * scale + shift.
template <class C>
struct ChannelAffine {
  C center, scale, shift;
};

/// Thread c: the statistics of a channel, from `moments` or, without them, from the running ones.
template <class T>
struct BatchNormChannel {
  using C = typename Compute<T>::type;
  const Moments* moments;  ///< null in evaluation
  Vector<const T> weight, bias;
  Vector<T> running_mean, running_var, save_mean, save_rstd;
  double eps, momentum;
  ChannelAffine<C>* out;

  INFOGRAD_HD void run(uint32_t c) const {
    double mean, var;
    if (moments != nullptr) {
      const Moments& m = moments[c];
      mean = m.mean, var = m.variance();
      const double unbiased = m.squares / (m.n > 2 ? m.n - 1 : 1);
      update(running_mean, c, mean);
      update(running_var, c, unbiased);
    } else {
      mean = running_mean.at(c), var = running_var.at(c);
    }
    const double rstd = 1 / std::sqrt(var + eps), scale = rstd * weight.at_or(c, 1);
    save_mean.set(c, mean);
    save_rstd.set(c, rstd);
    const C center = static_cast<C>(mean);  // what rounding took from the mean goes into the shift
    out[c] = {center, static_cast<C>(scale),
              static_cast<C>(bias.at_or(c, 0) + (static_cast<double>(center) - mean) * scale)};
  }

 private:
  INFOGRAD_HD void update(const Vector<T>& running, uint32_t c, double value) const {
    if (running) running.set(c, running.at(c) + momentum * (value - running.at(c)));
  }
};

template <class T>
struct Normalize {
  using C = typename Compute<T>::type;
  using Affine = ChannelAffine<C>;
  Activation activation;
  INFOGRAD_HD T operator()(T x, const Affine& a) const {
    return convert<T>(scalar_math::activate(activation, (convert<C>(x) - a.center) * a.scale + a.shift));
  }
};

/// The sums over the channels of x, and the policy that takes dy and y along.
template <class T>
struct BatchNormGradSums {
  Slices slices;
  GradSumsOf<T> policy;

  explicit BatchNormGradSums(const BatchNormGradArgs& args) {
    const bool relu = args.activation == Activation::relu;
    const ConstView& y = relu ? args.y : args.dy;  // y is read only behind a relu
    Shape slice = args.x.shape;
    slice[1] = 1;
    const Loop<3> loop = collapse<3>(slice, {&args.x.strides, &args.dy.strides, &y.strides});
    slices = channel_slices(args.x.shape, args.x.strides);
    Loop<2> within;
    within.rank = slices.reduced.rank = loop.rank;
    within.numel = slices.reduced.numel = loop.numel;
    within.extent = slices.reduced.extent = loop.extent;
    slices.reduced.stride[0] = loop.stride[0];
    within.stride = {loop.stride[1], loop.stride[2]};
    policy = {args.dy.as<T>(),
              relu ? y.as<T>() : nullptr,
              args.dy.strides[1],
              y.strides[1],
              Offsets<2>(within),
              Vector<const T>(args.save_mean),
              Vector<const T>(args.save_rstd),
              1,
              0};
  }
};

/// dx = scale * (g - offset - (x - center) * slope): the batch statistics depend on x too, and bring in the
/// mean of g and its projection on x.
template <class C>
struct ChannelGradient {
  C center, scale, offset, slope;
};

template <class T>
struct BatchNormGradChannel {
  using C = typename Compute<T>::type;
  const GradSums* sums;
  Vector<const T> weight, mean, rstd;
  Vector<T> dweight, dbias;
  double n;  ///< values per channel; 0 where the statistics were constants
  ChannelGradient<C>* out;

  INFOGRAD_HD void run(uint32_t c) const {
    const GradSums& s = sums[c];
    dweight.set(c, s.projection);
    dbias.set(c, s.sum);
    out[c] = {static_cast<C>(mean.at(c)), static_cast<C>(rstd.at(c) * weight.at_or(c, 1)),
              static_cast<C>(n > 0 ? s.sum / n : 0),
              static_cast<C>(n > 0 ? rstd.at(c) * s.projection / n : 0)};
  }
};

/// With a third operand y, behind a relu.
template <class T>
struct BatchNormGrad {
  using C = typename Compute<T>::type;
  using Gradient = ChannelGradient<C>;
  INFOGRAD_HD T operator()(T dy, T x, const Gradient& c) const {
    return convert<T>(c.scale * (convert<C>(dy) - c.offset - (convert<C>(x) - c.center) * c.slope));
  }
  INFOGRAD_HD T operator()(T dy, T x, T y, const Gradient& c) const {
    return (*this)(convert<C>(y) > 0 ? dy : convert<T>(C(0)), x, c);
  }
};

}  // namespace infograd::cuda
