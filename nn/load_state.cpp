#include <algorithm>
#include <unordered_map>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/nn/load_state.h>
#include <infograd/ops/inplace.h>

namespace infograd::nn {

LoadReport load_state(std::string_view what, const StateDict& target, const StateDict& source,
                      LoadPolicy policy, const std::vector<std::string>& optional) {
  LoadReport report;
  std::string problems;
  const bool strict = policy == LoadPolicy::strict;

  std::unordered_map<std::string_view, const Tensor*> given;
  for (const auto& [name, tensor] : source) {
    if (!tensor.defined()) problems += fmt::format("\n  undefined: {}", name);
    if (!given.emplace(name, &tensor).second) problems += fmt::format("\n  given twice: {}", name);
  }

  std::vector<std::pair<Tensor, Tensor>> copies;
  for (const auto& [name, tensor] : target) {
    const auto found = given.find(name);
    if (found == given.end()) {
      if (std::find(optional.begin(), optional.end(), name) != optional.end()) continue;
      report.missing.push_back(name);
      if (strict) problems += fmt::format("\n  missing: {} {}", name, describe(tensor));
      continue;
    }
    const Tensor& value = *found->second;
    given.erase(found);
    if (!value.defined()) continue;
    if (value.shape() == tensor.shape() && value.dtype() == tensor.dtype()) {
      copies.emplace_back(tensor, value);
    } else {
      problems += fmt::format("\n  mismatch: {} is {}, given {}", name, describe(tensor), describe(value));
    }
  }
  for (const auto& [name, tensor] : source) {
    if (!given.contains(name)) continue;
    report.unexpected.push_back(name);
    if (strict) problems += fmt::format("\n  unexpected: {} {}", name, describe(tensor));
  }

  check<ValueError>(
      problems.empty(),
      "{}: the given state does not fit, nothing was changed:{}\n"
      "usual cause: another architecture or another version of it; LoadPolicy::partial takes the names "
      "that match",
      what, problems);
  const NoGrad guard;
  for (auto& [tensor, value] : copies) copy_(tensor, value.to(tensor.device()));
  return report;
}

}  // namespace infograd::nn
