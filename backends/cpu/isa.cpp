// Highway's configuration comes first, or its inline functions would differ between files.
// clang-format off
#include <infograd/backends/cpu/highway.h>

#include <hwy/highway.h>
// clang-format on

#include <array>
#include <cstdlib>
#include <string>

#include <infograd/backends/cpu/isa.h>
#include <infograd/core/check.h>

namespace infograd {
namespace {

struct Level {
  std::string_view name;
  int64_t target;
};
constexpr std::array<Level, 4> kLevels{
    {{"avx512", HWY_AVX3}, {"avx2", HWY_AVX2}, {"sse4", HWY_SSE4}, {"baseline", HWY_EMU128}}};

// Compiled here (a build under sanitizers has one level) and present in this machine.
bool available(const Level& level) {
  if ((HWY_TARGETS & level.target) == 0) return false;
  return level.target == HWY_EMU128 || (hwy::SupportedTargets() & level.target) != 0;
}

Level best() {
  for (const Level& level : kLevels)
    if (available(level)) return level;
  return kLevels.back();
}

Level wanted(std::string_view word) {
  std::string names;
  for (const Level& level : kLevels) {
    if (!available(level)) continue;
    if (level.name == word) return level;
    names += names.empty() ? "" : ", ";
    names += level.name;
  }
  throw ValueError(fmt::format("INFOGRAD_ISA={}: this machine offers {}", word, names));
}

std::string_view choose() {
  const char* word = std::getenv("INFOGRAD_ISA");
  const Level level = word == nullptr || *word == '\0' ? best() : wanted(word);
  hwy::SetSupportedTargetsForTest(level.target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return level.name;
}

}  // namespace

std::string_view isa_level() {
  static const std::string_view level = choose();
  return level;
}

}  // namespace infograd
