// What a mistake is answered with.
#pragma once

#include <exception>
#include <string>

#include <infograd/core/error.h>

namespace infograd {

/// The message of the E that f() throws; otherwise what happened instead, which no expectation matches.
template <class E = Error, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("(another exception: ") + error.what() + ")";
  }
  return "(nothing was thrown)";
}

}  // namespace infograd
