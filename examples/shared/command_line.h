// The options of a program, and its --help: CLI11 behind a header that costs nothing to include.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace shared {

/// What a number may be.
struct Limits {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool above_low = false;  ///< `low` itself is excluded
};
inline constexpr Limits kPositive{.low = 0, .above_low = true};
inline constexpr Limits kThreads{.low = 0, .high = 1024};  ///< 0: all processors

/// Each option writes into a variable of the program, which lives longer than this; its value before parse()
/// is the default that --help shows.
class CommandLine {
 public:
  explicit CommandLine(const std::string& description);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// T: int, int64_t, uint64_t, double, or a std::vector of int64_t or double, whose elements are limited.
  template <class T>
  void option(const std::string& name, T& value, const std::string& help, Limits limits = {});
  void option(const std::string& name, std::string& value, const std::string& help);
  void flag(const std::string& name, bool& value, const std::string& help);
  /// One of `names`, or several of them, with spaces or commas between.
  void choice(const std::string& name, std::string& value, const std::vector<std::string>& names,
              const std::string& help);
  void choice(const std::string& name, std::vector<std::string>& value, const std::vector<std::string>& names,
              const std::string& help);
  /// One of the names of `values`.
  template <class T>
  void choice(const std::string& name, T& value, const std::map<std::string, T>& values,
              const std::string& help) {
    std::vector<std::string> names;
    std::string initial;
    for (const auto& [each, meaning] : values) {
      names.push_back(each);
      if (meaning == value) initial = each;
    }
    choice(name, names, initial, help, [&](const std::string& chosen) { value = values.at(chosen); });
  }
  /// One of `names`; calls `chosen` with it, where it is given.
  void choice(const std::string& name, const std::vector<std::string>& names, const std::string& initial,
              const std::string& help, const std::function<void(const std::string&)>& chosen);
  /// Shown by --help as the default of an option whose variable does not say it.
  void show_default(const std::string& name, const std::string& text);

  /// Prints the help or the mistake and leaves the program where there is one.
  void parse(int argc, char** argv);
  /// Was it on the command line?
  bool given(const std::string& name) const;
  /// For --quick and its like, after parse(): `wanted`, unless the option was on the command line.
  template <class T, class U>
  void preset(const std::string& name, T& value, U&& wanted) const {
    if (!given(name)) value = std::forward<U>(wanted);
  }

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace shared
