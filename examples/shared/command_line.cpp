#include "command_line.h"

#include <cmath>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

namespace shared {

struct CommandLine::Parser : CLI::App {
  using CLI::App::App;
};

CommandLine::CommandLine(const std::string& description) : parser_(std::make_unique<Parser>(description)) {
  parser_->option_defaults()->always_capture_default();
}
CommandLine::~CommandLine() = default;

namespace {

std::string describe(const Limits& limits) {
  const std::string low = fmt::format("{:.15g}", limits.low), high = fmt::format("{:.15g}", limits.high);
  if (std::isinf(limits.high)) return (limits.above_low ? "above " : "at least ") + low;
  return (limits.above_low ? "above " + low + " to " : low + " to ") + high;
}

CLI::Validator within(const Limits& limits) {
  return {[limits](std::string& text) {
            double value = 0;
            const bool good = CLI::detail::lexical_cast(text, value) && value >= limits.low &&
                              value <= limits.high && !(limits.above_low && value == limits.low);
            return good ? std::string() : fmt::format("must be {}, not {}", describe(limits), text);
          },
          describe(limits)};
}

}  // namespace

template <class T>
void CommandLine::option(const std::string& name, T& value, const std::string& help, Limits limits) {
  CLI::Option* added = parser_->add_option(name, value, help);
  if (!std::isinf(limits.low) || !std::isinf(limits.high)) added->check(within(limits));
}
template void CommandLine::option(const std::string&, int&, const std::string&, Limits);
template void CommandLine::option(const std::string&, int64_t&, const std::string&, Limits);
template void CommandLine::option(const std::string&, uint64_t&, const std::string&, Limits);
template void CommandLine::option(const std::string&, double&, const std::string&, Limits);
template void CommandLine::option(const std::string&, std::vector<int64_t>&, const std::string&, Limits);
template void CommandLine::option(const std::string&, std::vector<double>&, const std::string&, Limits);

void CommandLine::option(const std::string& name, std::string& value, const std::string& help) {
  parser_->add_option(name, value, help);
}

void CommandLine::flag(const std::string& name, bool& value, const std::string& help) {
  parser_->add_flag(name, value, help);
}

void CommandLine::choice(const std::string& name, std::string& value, const std::vector<std::string>& names,
                         const std::string& help) {
  parser_->add_option(name, value, help)->check(CLI::IsMember(names))->type_name("NAME");
}

void CommandLine::choice(const std::string& name, std::vector<std::string>& value,
                         const std::vector<std::string>& names, const std::string& help) {
  parser_->add_option(name, value, help)->delimiter(',')->check(CLI::IsMember(names))->type_name("NAME");
}

void CommandLine::choice(const std::string& name, const std::vector<std::string>& names,
                         const std::string& initial, const std::string& help,
                         const std::function<void(const std::string&)>& chosen) {
  parser_->add_option_function<std::string>(name, chosen, help)
      ->check(CLI::IsMember(names))
      ->type_name("NAME")
      ->default_str(initial);
}

void CommandLine::show_default(const std::string& name, const std::string& text) {
  parser_->get_option(name)->default_str(text);
}

void CommandLine::parse(int argc, char** argv) {
  try {
    parser_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(parser_->exit(error));
  }
}

bool CommandLine::given(const std::string& name) const {
  return parser_->get_option(name)->count() > 0;
}

}  // namespace shared
