#include "digits.h"

#include <infograd/nn/data/mnist.h>
#include <infograd/nn/data/synthetic_digits.h>

namespace shared {

using namespace infograd::data;

Digits load_digits(const std::string& data, const DigitLimits& limits) {
  const std::string found = data == "synthetic" ? "" : find_mnist(data);
  if (found.empty() && (data.empty() || data == "synthetic"))
    return {
        .train = synthetic_digits({.count = limits.train > 0 ? limits.train : 20000, .split = Split::train}),
        .test = synthetic_digits({.count = limits.test > 0 ? limits.test : 5000, .split = Split::test}),
        .source = "synthetic digits (embedded)",
        .directory = ""};
  // A directory that was asked for and is not there: let the reader name every file it tried.
  const std::string directory = found.empty() ? data : found;
  return {.train = mnist(directory, Split::train, {.limit = limits.train}),
          .test = mnist(directory, Split::test, {.limit = limits.test}),
          .source = "MNIST",
          .directory = directory};
}

}  // namespace shared
