// Rows of matmul.h.
#include "tests/op_cases.h"

namespace infograd::testing {

std::vector<OpCase> product_cases() {
  return {};
}

}  // namespace infograd::testing
