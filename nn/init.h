// Initial values, written in place from an explicit generator. Fans: a weight [out, in, ...] has fan_in = in
// * (product of the rest) and fan_out = out * (product of the rest).
#pragma once

#include <infograd/core/generator.h>
#include <infograd/core/tensor.h>

namespace infograd::nn::init {

/// Every function fills `x`, outside the graph, and returns it.
INFOGRAD_API Tensor zeros_(Tensor x);
INFOGRAD_API Tensor ones_(Tensor x);
INFOGRAD_API Tensor constant_(Tensor x, double value);
/// U[low, high).
INFOGRAD_API Tensor uniform_(Tensor x, double low, double high, Generator& generator);
INFOGRAD_API Tensor normal_(Tensor x, double mean, double std, Generator& generator);
/// Normal, redrawn until low <= value <= high. Throws ValueError when that interval holds less than 1 % of
/// the mass.
INFOGRAD_API Tensor truncated_normal_(Tensor x, double mean, double std, double low, double high,
                                      Generator& generator);

/// Fan of a weight of rank 2 or more; throws ShapeError otherwise.
struct Fans {
  int64_t in;
  int64_t out;
};
INFOGRAD_API Fans fans(const Shape& weight);

/// What follows the weight, for the gain that keeps the variance.
enum class Nonlinearity : uint8_t { linear, sigmoid, tanh, relu, leaky_relu };
/// 1, 1, 5/3, sqrt(2), sqrt(2 / (1 + slope^2)).
INFOGRAD_API double gain(Nonlinearity nonlinearity, double slope = 0.01);

enum class Fan : uint8_t { in, out };
struct KaimingOptions {
  Fan fan = Fan::in;
  Nonlinearity nonlinearity = Nonlinearity::relu;
  double slope = 0.01;  ///< of leaky_relu
};
/// He et al. 2015: U(-b, b) with b = gain * sqrt(3 / fan), or N(0, gain^2 / fan).
INFOGRAD_API Tensor kaiming_uniform_(Tensor weight, Generator& generator, const KaimingOptions& options = {});
INFOGRAD_API Tensor kaiming_normal_(Tensor weight, Generator& generator, const KaimingOptions& options = {});
/// Glorot and Bengio 2010: variance gain^2 * 2 / (fan_in + fan_out).
INFOGRAD_API Tensor xavier_uniform_(Tensor weight, Generator& generator, double gain = 1);
INFOGRAD_API Tensor xavier_normal_(Tensor weight, Generator& generator, double gain = 1);
/// Saxe et al. 2014: the weight seen as a matrix [out, rest] has orthonormal rows (or columns, if there are
/// fewer), times gain. Computed on the host.
INFOGRAD_API Tensor orthogonal_(Tensor weight, Generator& generator, double gain = 1);

/// The default of Linear and Conv2d, weight and bias alike, as in PyTorch: U(-b, b) with b = 1 /
/// sqrt(fan_in). For a weight it is kaiming_uniform_ for a leaky_relu of slope sqrt(5).
INFOGRAD_API Tensor fan_in_uniform_(Tensor x, int64_t fan_in, Generator& generator);

/// The generator an options struct names, or the default one.
inline Generator& generator_or_default(Generator* generator) {
  return generator != nullptr ? *generator : default_generator();
}

}  // namespace infograd::nn::init
