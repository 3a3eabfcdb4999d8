// Rows of reduce.
#include "tests/op_cases.h"

namespace infograd::testing {

std::vector<OpCase> reduce_cases() {
  return {};
}

}  // namespace infograd::testing
