#include <infograd/core/check.h>

namespace infograd {

void check_defined(std::string_view op, std::string_view argument, const Tensor& tensor) {
  if (!tensor.defined()) [[unlikely]]
    throw ValueError(fmt::format(
        "{}: `{}` is an undefined tensor; it was default-constructed or has no gradient yet", op, argument));
}

void check_floating(std::string_view op, std::string_view argument, const Tensor& tensor) {
  check_defined(op, argument, tensor);
  if (!is_floating(tensor.dtype())) [[unlikely]]
    throw DTypeError(
        fmt::format("{}: `{}` is {}, but a floating dtype is needed; convert it with .to(DType::f32)", op,
                    argument, describe(tensor)));
}

void check_same(std::string_view op, const Tensor& a, const Tensor& b) {
  if (a.defined() && b.defined() && a.dtype() == b.dtype() && a.device() == b.device()) [[likely]]
    return;
  check_defined(op, "a", a);
  check_defined(op, "b", b);
  if (a.dtype() != b.dtype())
    throw DTypeError(fmt::format(
        "{}: dtypes differ, {} against {}; there is no implicit promotion, convert one with .to()", op,
        describe(a), describe(b)));
  throw DeviceError(fmt::format("{}: devices differ, {} on {} against {} on {}; copy one with .to(device)",
                                op, describe(a), to_string(a.device()), describe(b), to_string(b.device())));
}

Described::operator std::string() const {
  if (!tensor.defined()) return "undefined";
  return fmt::format("{}{}", name(tensor.dtype()), to_string(tensor.shape()));
}

}  // namespace infograd
