// Rows of inplace.
#include "tests/op_cases.h"

namespace infograd::testing {

std::vector<OpCase> inplace_cases() {
  return {};
}

}  // namespace infograd::testing
