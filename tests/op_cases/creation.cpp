// Rows of creation.
#include "tests/op_cases.h"

namespace infograd::testing {

std::vector<OpCase> creation_cases() {
  return {};
}

}  // namespace infograd::testing
