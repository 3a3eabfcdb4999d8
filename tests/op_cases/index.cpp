// Rows of index.
#include "tests/op_cases.h"

namespace infograd::testing {

std::vector<OpCase> index_cases() {
  return {};
}

}  // namespace infograd::testing
