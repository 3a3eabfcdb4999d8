// The body of main().
#pragma once

#include <cstdio>
#include <exception>

namespace shared {

/// The exit status that `program` returns, or 1 after printing "name: what went wrong".
template <class Program>
int run_program(const char* name, Program&& program) {
  try {
    return program();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 1;
  }
}

}  // namespace shared
