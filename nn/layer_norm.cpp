#include <infograd/core/check.h>
#include <infograd/nn/layer_norm.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/norm.h>

namespace infograd::nn {

LayerNorm::LayerNorm(const Shape& normalized, const LayerNormOptions& options)
    : Module(fmt::format("LayerNorm({})", normalized)), normalized_(normalized), eps_(options.eps) {
  check<ValueError>(normalized.rank() > 0 && normalized.numel() > 0, "LayerNorm: cannot normalise over {}",
                    normalized);
  check<ValueError>(options.eps >= 0, "LayerNorm: eps is {}, expected at least 0", options.eps);
  if (options.affine) weight_ = param("weight", ones(normalized));
  if (options.affine && options.bias) bias_ = param("bias", zeros(normalized));
}

Tensor LayerNorm::operator()(const Tensor& x) const {
  check_defined("LayerNorm", "x", x);
  const int lead = x.rank() - normalized_.rank();
  bool fits = lead >= 0;
  for (int axis = 0; fits && axis < normalized_.rank(); ++axis)
    fits = x.shape()[lead + axis] == normalized_[axis];
  if (!fits) fail<ShapeError>("LayerNorm: x is {}, its last axes should be {}", describe(x), normalized_);
  return layer_norm(x, normalized_.rank(), weight_, bias_, eps_);
}

}  // namespace infograd::nn
