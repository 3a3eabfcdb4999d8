// An op of your own: log(cosh(x)), a smooth absolute value, with a hand-written derivative, checked by finite
// differences.
#include <cmath>
#include <cstdio>

#include <infograd/infograd.h>

#include "shared/command_line.h"

namespace ig = infograd;

/// log(cosh(x)) element-wise, stable: |x| + log(1 + e^(-2|x|)) - log 2.
ig::Tensor log_cosh(const ig::Tensor& x) {
  ig::Tensor y;
  {
    const ig::NoGrad no_recording;  // the forward value may use any ops, or a kernel of yours
    const ig::Tensor magnitude = ig::abs(x);
    y = magnitude + ig::log1p(ig::exp(magnitude * -2.0)) - std::log(2.0);
  }
  // One gradient per input. Written with public ops, so it can be differentiated again.
  if (ig::grad_needed({&x}))
    ig::record(y, "log_cosh", {&x},
               [x = ig::Saved(x)](const ig::Tensor& g) { return g * ig::tanh(x.get()); });
  return y;
}

int main(int argc, char** argv) {
  shared::CommandLine command(
      "Defines log(cosh(x)) outside the library and checks its derivatives by finite differences.");
  command.parse(argc, argv);

  ig::Tensor x = ig::linspace(-3, 3, 13, ig::DType::f64);
  x.set_requires_grad();

  const auto f = [](const std::vector<ig::Tensor>& in) { return log_cosh(in[0]); };
  const ig::GradcheckReport first = ig::gradcheck(f, {x});
  const ig::GradcheckReport second = ig::gradgradcheck(f, {x});
  std::printf("%s\n%s\n", first.message.c_str(), second.message.c_str());

  ig::sum(log_cosh(x)).backward();
  std::printf("x         %s\nlog_cosh' %s\n", ig::to_string(x.detach(), {.precision = 2}).c_str(),
              ig::to_string(x.grad(), {.precision = 2}).c_str());
  return first.ok && second.ok ? 0 : 1;
}
