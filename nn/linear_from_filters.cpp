#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/nn/linear_from_filters.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::nn {

Linear linear_from_filters(const Tensor& filters, const Tensor& mean, const FilterLayerOptions& options) {
  const NoGrad no_grad;
  check_defined("linear_from_filters", "filters", filters);
  check_defined("linear_from_filters", "mean", mean);
  check<ShapeError>(filters.rank() == 2 && mean.numel() == filters.size(0) &&
                        (!options.bias.defined() || options.bias.numel() == filters.size(1)),
                    "linear_from_filters: filters [K, K1], K means and K1 biases needed, found {}, {} and {}",
                    describe(filters), mean.numel(), options.bias.defined() ? options.bias.numel() : 0);
  Generator unused(0);
  Linear layer(filters.size(0), filters.size(1), {.activation = options.activation, .generator = &unused});
  const Tensor weight = transpose(filters.detach().to(DType::f64)) * options.scale;
  Tensor bias = -matmul(weight, reshape(mean.detach().to(DType::f64), {filters.size(0)}));
  if (options.bias.defined()) bias = bias + reshape(options.bias.detach().to(DType::f64), {filters.size(1)});
  Tensor layer_weight = layer.weight(), layer_bias = layer.bias();
  copy_(layer_weight, weight);
  copy_(layer_bias, bias);
  return layer;
}

}  // namespace infograd::nn
