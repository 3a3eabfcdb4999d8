// Finite-difference checks of first and second derivatives, in f64.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <infograd/core/tensor.h>

namespace infograd {

struct GradcheckOptions {
  double step = 1e-6;  ///< central difference h, scaled by max(1, |x|)
  double rtol = 1e-6;  ///< allowed |analytic - numeric| <= atol + rtol * max(|analytic|, |numeric|)
  double atol = 1e-7;
  uint64_t seed = 0;  ///< of the random projection of a non-scalar output
};

struct GradcheckReport {
  bool ok = true;
  double worst_error = 0;    ///< largest |analytic - numeric| / (atol + rtol * max(...)); above 1 fails
  int worst_input = -1;      ///< which input
  int64_t worst_index = -1;  ///< row-major element of that input
  double analytic = 0;       ///< at the worst element
  double numeric = 0;
  std::string message;  ///< names all of the above, or why the check could not run
  explicit operator bool() const { return ok; }
};

using TensorFunction = std::function<Tensor(const std::vector<Tensor>&)>;

/// Compares autograd with central differences for every element of every f64 input that requires a gradient.
/// A non-scalar output is projected on fixed random weights. Inputs may be any view; they are perturbed
/// through a contiguous copy with the same strides semantics. Throws DTypeError for inputs that are not f64.
INFOGRAD_API GradcheckReport gradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                                       const GradcheckOptions& options = {});

/// The same for the gradient itself: checks d/dx of <grad f(x), w> against differences (create_graph).
INFOGRAD_API GradcheckReport gradgradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                                           const GradcheckOptions& options = {
                                               .step = 1e-5, .rtol = 1e-5, .atol = 1e-6});

}  // namespace infograd
