// What is compared.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <infograd/infograd.h>

namespace milc {

namespace ig = infograd;

struct Method {
  std::string name;
  std::function<ig::Tensor(const ig::Tensor& logits, const ig::Tensor& labels)> loss;
  bool is_milc = false;
};

/// Cross-entropy first; then MILC and the baselines, or forms a and b over a range of lambda.
std::vector<Method> methods(bool lambda_sweep);

}  // namespace milc
