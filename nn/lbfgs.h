// Private: limited-memory BFGS for smooth functions of a modest number of host variables (Nocedal 1980).
#pragma once

#include <functional>
#include <vector>

namespace infograd::nn {

/// Value at x; writes the gradient, which has x's size.
using Objective = std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;

struct LbfgsOptions {
  int max_iterations = 300;
  int memory = 10;          ///< pairs of steps that shape the next direction
  double tolerance = 1e-4;  ///< stops when no gradient entry is larger
  double noise = 1e-7;      ///< relative error of the objective: steps within it count as no worse
};
struct LbfgsResult {
  double value = 0;
  int iterations = 0;
  bool converged = false;
};
/// Minimises in place, with backtracking line search.
LbfgsResult minimize_lbfgs(const Objective& objective, std::vector<double>& x, const LbfgsOptions& options);

}  // namespace infograd::nn
