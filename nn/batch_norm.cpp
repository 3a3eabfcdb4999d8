#include <infograd/core/check.h>
#include <infograd/nn/batch_norm.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/norm.h>

namespace infograd::nn {

BatchNorm::BatchNorm(const char* layer, Ranks ranks, int64_t channels, const BatchNormOptions& options)
    : Module(fmt::format("{}({})", layer, channels)), layer_(layer), ranks_(ranks), options_(options) {
  check<ValueError>(channels > 0, "{}: needs at least one channel, got {}", layer, channels);
  check<ValueError>(options.eps >= 0 && options.momentum >= 0 && options.momentum <= 1,
                    "{}: eps {} must be at least 0 and momentum {} in [0, 1]", layer, options.eps,
                    options.momentum);
  if (options.affine) {
    weight_ = param("weight", ones({channels}));
    bias_ = param("bias", zeros({channels}));
  }
  running_mean_ = buffer("running_mean", zeros({channels}));
  running_var_ = buffer("running_var", ones({channels}));
}

Tensor BatchNorm::operator()(const Tensor& x) const {
  check_defined(layer_, "x", x);
  if (x.rank() < ranks_.least || x.rank() > ranks_.most)
    fail<ShapeError>("{}: x is {}, expected rank {} to {}", layer_, describe(x), ranks_.least, ranks_.most);
  return batch_norm(x, weight_, bias_, running_mean_, running_var_,
                    {.training = is_training(),
                     .momentum = options_.momentum,
                     .eps = options_.eps,
                     .activation = options_.activation});
}

}  // namespace infograd::nn
