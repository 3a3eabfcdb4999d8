#include "session.h"

#include <cstdlib>
#include <filesystem>

#include <fmt/core.h>

#include "../shared/replace_file.h"

namespace npi {

using namespace ig;

Session::Session(const Options& options) : options_(options), natural_(options.natural) {
  std::filesystem::create_directories(options.out);
  const char* folder = std::getenv("INFOGRAD_DATA");
  if (natural_.empty() && folder != nullptr) natural_ = std::string(folder) + "/natural";
  mnist_ = data::find_mnist(options.mnist);
}

const std::string& Session::photographs() const {
  if (natural_.empty()) throw Skipped{"no photographs: neither --natural nor INFOGRAD_DATA is given"};
  if (!std::filesystem::is_directory(natural_))
    throw Skipped{fmt::format("no photographs: {} is no folder", natural_)};
  return natural_;
}

Session::Digits Session::digits(data::Split split, int64_t count) const {
  if (mnist_.empty())
    throw Skipped{fmt::format("no MNIST in {}", options_.mnist.empty() ? "INFOGRAD_DATA" : options_.mnist)};
  const data::Dataset set = data::mnist(mnist_, split, {.limit = count});
  const Tensor rows = flatten(set.images, 1).to(DType::f32) * (1 / 255.0);
  return {transpose(rows).contiguous().to(options_.device), set.labels.to(options_.device)};
}

void Session::begin(const std::string& heading) {
  text_ += fmt::format("## {}\n\n", heading);
  say(fmt::format("\n{}", heading));
}
void Session::note(const std::string& text) {
  text_ += fmt::format("{}\n\n", text);
  say(text);
}
void Session::table(const std::string& name, const shared::Table& table) {
  const std::string rows = table.markdown();
  text_ += fmt::format("{}\n", rows);
  say(fmt::format("\n{}", rows));
  table_file(name, table);
}
void Session::table_file(const std::string& name, const shared::Table& table) const {
  shared::replace_file(path(name + ".csv"), table.csv());
}
void Session::skip(const std::string& name, const std::string& reason) {
  skipped_ += fmt::format("- {}: {}\n", name, reason);
}
void Session::say(const std::string& text) const {
  if (options_.quiet) return;
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

const std::string& Session::finish() {
  if (!skipped_.empty()) text_ += "## Skipped\n\n" + skipped_;
  shared::replace_file(path("npi.md"), text_);
  return text_;
}

}  // namespace npi
