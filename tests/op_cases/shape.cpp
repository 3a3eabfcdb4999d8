// Rows of shape.
#include "tests/op_cases.h"

namespace infograd::testing {

std::vector<OpCase> shape_cases() {
  return {};
}

}  // namespace infograd::testing
