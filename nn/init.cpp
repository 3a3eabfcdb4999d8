#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/nn/init.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>

namespace infograd::nn::init {

Tensor zeros_(Tensor x) {
  return constant_(std::move(x), 0);
}
Tensor ones_(Tensor x) {
  return constant_(std::move(x), 1);
}

Tensor constant_(Tensor x, double value) {
  const NoGrad guard;
  return fill_(x, value);
}

Tensor uniform_(Tensor x, double low, double high, Generator& generator) {
  check_floating("init::uniform_", "x", x);
  const NoGrad guard;
  return copy_(x, rand_uniform(x.shape(), low, high, x.dtype(), generator, x.device()));
}

Tensor normal_(Tensor x, double mean, double std, Generator& generator) {
  check_floating("init::normal_", "x", x);
  const NoGrad guard;
  return copy_(x, rand_normal(x.shape(), mean, std, x.dtype(), generator, x.device()));
}

Tensor truncated_normal_(Tensor x, double mean, double std, double low, double high, Generator& generator) {
  const auto phi = [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); };
  check<ValueError>(std > 0 && phi((high - mean) / std) - phi((low - mean) / std) >= 0.01,
                    "init::truncated_normal_: [{}, {}] holds less than 1 % of N({}, {}^2)", low, high, mean,
                    std);
  normal_(x, mean, std, generator);
  const NoGrad guard;
  while (true) {
    const Tensor outside = logical_or(lt(x, low), gt(x, high));
    if (!any(outside).item<bool>()) return x;
    copy_(x, where(outside, rand_normal(x.shape(), mean, std, x.dtype(), generator, x.device()), x));
  }
}

Fans fans(const Shape& weight) {
  check<ShapeError>(weight.rank() >= 2,
                    "init: fans need a weight [out, in, ...], got {}; use uniform_ or normal_ for a bias",
                    weight);
  int64_t rest = 1;
  for (int axis = 2; axis < weight.rank(); ++axis) rest *= weight[axis];
  return {weight[1] * rest, weight[0] * rest};
}

double gain(Nonlinearity nonlinearity, double slope) {
  switch (nonlinearity) {
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid:
      return 1;
    case Nonlinearity::tanh:
      return 5.0 / 3.0;
    case Nonlinearity::relu:
      return std::sqrt(2.0);
    case Nonlinearity::leaky_relu:
      return std::sqrt(2.0 / (1.0 + slope * slope));
  }
  return 1;
}

namespace {

double kaiming_std(const Tensor& weight, const KaimingOptions& options) {
  check_floating("init::kaiming", "weight", weight);
  const Fans fan = fans(weight.shape());
  const auto n = static_cast<double>(options.fan == Fan::in ? fan.in : fan.out);
  return n == 0 ? 0 : gain(options.nonlinearity, options.slope) / std::sqrt(n);
}

double xavier_std(const Tensor& weight, double gain) {
  check_floating("init::xavier", "weight", weight);
  const Fans fan = fans(weight.shape());
  const auto n = static_cast<double>(fan.in + fan.out);
  return n == 0 ? 0 : gain * std::sqrt(2.0 / n);
}

}  // namespace

Tensor kaiming_uniform_(Tensor weight, Generator& generator, const KaimingOptions& options) {
  const double bound = std::sqrt(3.0) * kaiming_std(weight, options);
  return uniform_(std::move(weight), -bound, bound, generator);
}

Tensor kaiming_normal_(Tensor weight, Generator& generator, const KaimingOptions& options) {
  const double std = kaiming_std(weight, options);
  return normal_(std::move(weight), 0, std, generator);
}

Tensor xavier_uniform_(Tensor weight, Generator& generator, double gain) {
  const double bound = std::sqrt(3.0) * xavier_std(weight, gain);
  return uniform_(std::move(weight), -bound, bound, generator);
}

Tensor xavier_normal_(Tensor weight, Generator& generator, double gain) {
  const double std = xavier_std(weight, gain);
  return normal_(std::move(weight), 0, std, generator);
}

Tensor orthogonal_(Tensor weight, Generator& generator, double gain) {
  check_floating("init::orthogonal_", "weight", weight);
  const int64_t out = fans(weight.shape()).out == 0 ? 0 : weight.size(0);
  if (weight.numel() == 0) return weight;
  const int64_t rest = weight.numel() / out;
  const bool wide = out <= rest;
  const auto rows = static_cast<size_t>(wide ? out : rest);
  const auto columns = static_cast<size_t>(wide ? rest : out);

  std::vector<double> q =
      rand_normal({static_cast<int64_t>(rows), static_cast<int64_t>(columns)}, 0, 1, DType::f64, generator)
          .to_vector<double>();
  // Gram-Schmidt, each row twice: once loses orthogonality when rows are nearly dependent.
  for (size_t i = 0; i < rows; ++i) {
    double* row = &q[i * columns];
    for (int pass = 0; pass < 2; ++pass)
      for (size_t j = 0; j < i; ++j) {
        const double* other = &q[j * columns];
        double dot = 0;
        for (size_t k = 0; k < columns; ++k) dot += row[k] * other[k];
        for (size_t k = 0; k < columns; ++k) row[k] -= dot * other[k];
      }
    double length = 0;
    for (size_t k = 0; k < columns; ++k) length += row[k] * row[k];
    for (size_t k = 0; k < columns; ++k) row[k] /= std::sqrt(length);
  }
  std::vector<double> values(q.size());
  for (size_t i = 0; i < rows; ++i)
    for (size_t k = 0; k < columns; ++k)
      values[wide ? i * columns + k : k * rows + i] = gain * q[i * columns + k];

  const NoGrad guard;
  return copy_(weight, from_data(values, weight.shape()).to(weight.device()));
}

Tensor fan_in_uniform_(Tensor x, int64_t fan_in, Generator& generator) {
  const double bound = fan_in > 0 ? 1.0 / std::sqrt(static_cast<double>(fan_in)) : 0.0;
  return uniform_(std::move(x), -bound, bound, generator);
}

}  // namespace infograd::nn::init
