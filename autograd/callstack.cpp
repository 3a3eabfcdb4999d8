#include <array>
#include <cstdlib>
#include <memory>

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fmt/core.h>

#include <infograd/autograd/callstack.h>

namespace infograd {

std::string callstack() {
  std::array<void*, 24> frames{};
  const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
  std::string text;
  for (int i = 2; i < count; ++i) {  // 0 and 1 are this function and record()
    Dl_info info{};
    const char* symbol = dladdr(frames[static_cast<size_t>(i)], &info) != 0 ? info.dli_sname : nullptr;
    int status = 1;
    std::unique_ptr<char, void (*)(void*)> readable(
        symbol == nullptr ? nullptr : abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
    const char* shown = status == 0 ? readable.get() : symbol;
    text += fmt::format("    {} {}\n", frames[static_cast<size_t>(i)],
                        shown != nullptr ? shown : (info.dli_fname != nullptr ? info.dli_fname : "?"));
  }
  return text;
}

}  // namespace infograd
