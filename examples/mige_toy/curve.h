// dI/drho along a grid of rho, by one method: y = rho x + sqrt(1 - rho^2) noise, dI/drho = d rho / (1 -
// rho^2).
#pragma once

#include <cstdint>
#include <vector>

#include <infograd/infograd.h>

#include "options.h"

namespace mige_toy {

namespace ig = infograd;
using ig::Tensor;

inline constexpr int64_t kBatch = 256;

enum class Method { mige, whitened, mine, mine_f };
const char* name(Method method);

struct Point {
  double rho = 0, truth = 0, gradient = 0;
  ig::losses::SsgeInfo joint, marginal;  ///< of MIGE
};

struct Curve {
  Method method = Method::mige;
  int64_t d = 0;
  uint64_t seed = 0;
  std::vector<Point> points{};
  double milliseconds = 0;  ///< per gradient: with the training of its critic, where there is one

  double rmse() const;
  double slope() const;  ///< of the line through 0 that fits gradient against truth
};

/// Fills the points of a curve. MIGE sees one fresh batch for each; both forms of it see the same ones.
void run(Curve& curve, const Options& options);

}  // namespace mige_toy
