// Private: which instruction set the vector kernels use.
#pragma once

#include <string_view>

namespace infograd {

/// "baseline" (any x86-64), "sse4", "avx2" or "avx512": the best this machine has, or what INFOGRAD_ISA asks
/// for. A level that the machine lacks, or an unknown word, throws ValueError naming those there are. The
/// first call decides.
std::string_view isa_level();

}  // namespace infograd
