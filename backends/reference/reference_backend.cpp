#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

std::string_view ReferenceBackend::name() const {
  return "reference";
}

}  // namespace infograd
