// What is minimised, to raise the mutual information of the image and Y.
#pragma once

#include <memory>
#include <string>

#include "encoder.h"

namespace mige_dim {

class Objective {
 public:
  virtual ~Objective() = default;
  /// To minimise. x [B, C, 32, 32].
  virtual Tensor operator()(const Tensor& x, const Features& features) = 0;
  /// Of networks that are trained beside the encoder.
  virtual std::vector<Tensor> parameters() const { return {}; }
  /// How the scores of the last batch were estimated, where they were.
  virtual const ig::losses::MigeResult* scores() const { return nullptr; }
};

/// "jsd", "infonce" or "mige".
std::unique_ptr<Objective> make_objective(const std::string& method, const Options& options, uint64_t seed,
                                          ig::Generator& generator);

}  // namespace mige_dim
