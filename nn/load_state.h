// Copying a StateDict into live tensors: everything is checked before anything is written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <infograd/nn/state_dict.h>

namespace infograd::nn {

/// What LoadPolicy::partial left alone.
struct LoadReport {
  std::vector<std::string> missing;     ///< names of the target that the source lacks
  std::vector<std::string> unexpected;  ///< names of the source that the target lacks
};

/// Copies `source` into the tensors of `target` by name, in any order. Throws ValueError, naming `what` and
/// every offending name with dtype and shape, before the first write: shapes or dtypes that differ, names
/// given twice, and under LoadPolicy::strict names that are missing or unexpected. Target names listed in
/// `optional` may be missing.
INFOGRAD_API LoadReport load_state(std::string_view what, const StateDict& target, const StateDict& source,
                                   LoadPolicy policy, const std::vector<std::string>& optional = {});

}  // namespace infograd::nn
