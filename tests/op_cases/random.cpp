// Rows of random.
#include "tests/op_cases.h"

namespace infograd::testing {

std::vector<OpCase> random_cases() {
  return {};
}

}  // namespace infograd::testing
