#include <infograd/core/check.h>
#include <infograd/nn/conv2d.h>
#include <infograd/nn/init.h>

namespace infograd::nn {

Conv2d::Conv2d(int64_t in, int64_t out, std::array<int, 2> kernel, const Conv2dOptions& options)
    : Module(fmt::format("Conv2d({}, {}, {}x{})", in, out, kernel[0], kernel[1])),
      options_{.stride = options.stride,
               .padding = options.padding,
               .dilation = options.dilation,
               .groups = options.groups,
               .activation = options.activation} {
  check<ValueError>(
      in > 0 && out > 0 && kernel[0] > 0 && kernel[1] > 0,
      "Conv2d: needs at least one channel and a kernel of at least 1x1, got {} -> {} channels, kernel {}x{}",
      in, out, kernel[0], kernel[1]);
  check<ValueError>(options.groups > 0 && in % options.groups == 0 && out % options.groups == 0,
                    "Conv2d: {} groups do not divide {} input and {} output channels", options.groups, in,
                    out);
  Generator& generator = init::generator_or_default(options.generator);
  const Shape shape{out, in / options.groups, kernel[0], kernel[1]};
  const int64_t fan_in = init::fans(shape).in;
  weight_ = param("weight", init::fan_in_uniform_(empty(shape), fan_in, generator));
  if (options.bias) bias_ = param("bias", init::fan_in_uniform_(empty({out}), fan_in, generator));
}

Tensor Conv2d::operator()(const Tensor& x) const {
  return conv2d(x, weight_, bias_, options_);
}

}  // namespace infograd::nn
