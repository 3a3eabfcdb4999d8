// Private: the call stack as text, for anomaly mode.
#pragma once

#include <string>

namespace infograd {
std::string callstack();
}  // namespace infograd
