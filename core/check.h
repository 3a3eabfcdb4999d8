// Private: argument checks whose message is built out of line, by fmt, only when they fail.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include <fmt/core.h>

#include <infograd/core/error.h>
#include <infograd/core/tensor.h>

namespace infograd {

/// fail<ShapeError>("matmul: {} does not fit {}", describe(a), describe(b)): for messages whose parts cost
/// something.
template <class E, class... Args>
[[noreturn]] inline void fail(fmt::format_string<Args...> text, Args&&... args) {
  throw E(fmt::vformat(text, fmt::make_format_args(args...)));
}

/// check<ShapeError>(ok, "matmul: inner extents differ, {} against {}", ...)
template <class E, class... Args>
inline void check(bool ok, fmt::format_string<Args...> text, Args&&... args) {
  if (!ok) [[unlikely]]
    throw E(fmt::vformat(text, fmt::make_format_args(args...)));
}

/// Throws ValueError when a tensor is undefined, naming op and argument.
INFOGRAD_API void check_defined(std::string_view op, std::string_view argument, const Tensor& tensor);
/// Throws DTypeError unless the dtype is floating.
INFOGRAD_API void check_floating(std::string_view op, std::string_view argument, const Tensor& tensor);
/// Both defined, same dtype, same device; throws naming op and both otherwise.
INFOGRAD_API void check_same(std::string_view op, const Tensor& a, const Tensor& b);
/// "f32[2, 3]": dtype and shape for messages. The text is only made when it is printed: a passing check costs
/// nothing.
struct Described {
  const Tensor& tensor;
  operator std::string() const;  // NOLINT(google-explicit-constructor): a message may also be concatenated
};
inline Described describe(const Tensor& tensor) {
  return {tensor};
}

namespace detail {
/// Formatters of what has a text. fmt/core.h lacks that of std::string, and fmt/format.h is dear to every
/// file.
struct TextFormatter {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  static auto write(const std::string& text, fmt::format_context& context) {
    auto out = context.out();
    for (const char c : text) *out++ = c;
    return out;
  }
};
}  // namespace detail
}  // namespace infograd

template <>
struct fmt::formatter<infograd::Described> : infograd::detail::TextFormatter {
  auto format(const infograd::Described& value, fmt::format_context& context) const {
    return write(std::string(value), context);
  }
};
/// A Shape, Strides or Dims prints itself, so a check passes it as it is and nothing is formatted unless it
/// fails.
template <class T>
struct fmt::formatter<T, char, std::enable_if_t<std::is_base_of_v<infograd::Dims, T>>>
    : infograd::detail::TextFormatter {
  auto format(const T& dims, fmt::format_context& context) const {
    return write(infograd::to_string(dims), context);
  }
};
