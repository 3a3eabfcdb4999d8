#include "run_journal.h"

#include <charconv>
#include <string_view>

#include <fmt/core.h>

#include <infograd/core/error.h>
#include <infograd/ops/creation.h>

#include "replace_file.h"

namespace shared {

using infograd::Tensor;

namespace {

/// The numbers behind the commas of `text`; whether they are all numbers.
bool parse(std::string_view text, Numbers& numbers) {
  const char *at = text.data(), *const end = at + text.size();
  while (at != end) {
    if (*at++ != ',') return false;
    const auto [next, error] = std::from_chars(at, end, numbers.emplace_back());
    if (error != std::errc()) return false;
    at = next;
  }
  return true;
}

}  // namespace

RunJournal::RunJournal(const std::string& directory, bool resume) : path_(directory + "/journal.csv") {
  std::string kept;
  std::ifstream file;
  if (resume) file.open(path_);
  // A line that was cut off has no end.
  for (std::string line; file.is_open() && std::getline(file, line) && !file.eof();) {
    const size_t comma = line.find(',');
    Numbers numbers;
    if (comma == std::string::npos || !parse(std::string_view(line).substr(comma), numbers)) continue;
    before_[line.substr(0, comma)] = std::move(numbers);
    kept += line + '\n';
  }
  replace_file(path_, kept);
  file_.open(path_, std::ios::app);
}

void RunJournal::append(const std::string& key, const Numbers& numbers) {
  std::string line = key;
  for (const double number : numbers) line += fmt::format(",{}", number);  // as many digits as it takes
  const std::lock_guard lock(mutex_);
  file_ << line + '\n' << std::flush;
  if (!file_) throw infograd::IoError("cannot write " + path_);
}

void check_count(std::span<const double> numbers, size_t least) {
  if (numbers.size() < least)
    throw infograd::IoError(
        fmt::format("the journal holds a run of {} numbers where {} are needed; was it written by another "
                    "version? Without --resume it begins anew",
                    numbers.size(), least));
}

void append(Numbers& numbers, const Tensor& x) {
  if (!x.defined()) return;
  const auto values = x.detach().to(infograd::cpu).to(infograd::DType::f64).to_vector<double>();
  numbers.insert(numbers.end(), values.begin(), values.end());
}

Tensor tensor_of(std::span<const double> numbers, infograd::Shape shape) {
  if (numbers.empty()) return {};
  if (shape[0] < 0) {
    shape[0] = 1;
    const auto each = static_cast<size_t>(shape.numel());
    shape[0] = static_cast<int64_t>((numbers.size() + each - 1) / each);
  }
  check_count(numbers, static_cast<size_t>(shape.numel()));
  return infograd::from_data(Numbers(numbers.begin(), numbers.end()), shape).to(infograd::DType::f32);
}

void resume_option(CommandLine& command, bool& resume) {
  command.flag("--resume", resume,
               "take over the runs of an earlier call that journal.csv in --out holds; one that had other "
               "settings is not taken for this one");
}

}  // namespace shared
