// Runs that are done, written down one by one: an experiment that is interrupted loses only those under way.
#pragma once

#include <cstddef>
#include <fstream>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <infograd/core/tensor.h>

#include "command_line.h"

namespace shared {

/// What is kept of a run.
using Numbers = std::vector<double>;

/// A text file with a line per run: its key, then its numbers with all digits, between commas.
class RunJournal {
 public:
  /// journal.csv in `directory`: with `resume`, goes on after its whole lines; otherwise begins it anew.
  /// Throws IoError.
  RunJournal(const std::string& directory, bool resume);

  /// Fills `run`: from the line of this key, or else by work(run), and writes that down at once. A key says
  /// everything the result depends on (program, settings, seed), without a comma or a line break. A type of
  /// runs comes with `Numbers to_numbers(const Run&)` and `void from_numbers(const Numbers&, Run&)`. Several
  /// threads may call it.
  template <class Run, class Work>
  void once(const std::string& key, Run& run, Work&& work) {
    if (const auto found = before_.find(key); found != before_.end()) return from_numbers(found->second, run);
    work(run);
    append(key, to_numbers(run));
  }
  /// How many lines there were at the start.
  size_t size() const { return before_.size(); }

 private:
  void append(const std::string& key, const Numbers& numbers);

  std::string path_;
  std::map<std::string, Numbers> before_;
  std::mutex mutex_;
  std::ofstream file_;
};

// For to_numbers and from_numbers: members that are numbers, then a tensor perhaps.

template <class Run, size_t N>
Numbers numbers_of(const Run& run, double Run::*const (&members)[N]) {
  Numbers numbers;
  for (double Run::*const member : members) numbers.push_back(run.*member);
  return numbers;
}
/// Throws IoError where there are fewer.
void check_count(std::span<const double> numbers, size_t least);
template <class Run, size_t N>
void assign(std::span<const double> numbers, double Run::*const (&members)[N], Run& run) {
  check_count(numbers, N);
  for (size_t i = 0; i < N; ++i) run.*members[i] = numbers[i];
}
/// Appends the elements of x; nothing where x is undefined.
void append(Numbers& numbers, const infograd::Tensor& x);
/// f32, of all `numbers`; undefined where there are none. A first extent of -1: as many as there are. Throws
/// IoError where numbers are missing.
infograd::Tensor tensor_of(std::span<const double> numbers, infograd::Shape shape);

// The same for members and one tensor.

template <class Run, size_t N>
Numbers numbers_of(const Run& run, double Run::*const (&members)[N], infograd::Tensor Run::*tensor) {
  Numbers numbers = numbers_of(run, members);
  append(numbers, run.*tensor);
  return numbers;
}
template <class Run, size_t N>
void assign(std::span<const double> numbers, double Run::*const (&members)[N], infograd::Tensor Run::*tensor,
            const infograd::Shape& shape, Run& run) {
  assign(numbers, members, run);
  run.*tensor = tensor_of(numbers.subspan(N), shape);
}

/// Adds --resume.
void resume_option(CommandLine& command, bool& resume);

}  // namespace shared
