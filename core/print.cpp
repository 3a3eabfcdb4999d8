// Text form of tensors: summarised beyond a threshold, columns aligned, lines wrapped.
#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include <infograd/core/check.h>
#include <infograd/core/tensor.h>

namespace infograd {

namespace {

class Printer {
 public:
  Printer(const Tensor& tensor, const PrintOptions& options)
      : tensor_(tensor.to(cpu)), options_(options), summarise_(tensor.numel() > options.threshold) {}

  std::string text() {
    if (tensor_.numel() == 0) return "[]";
    visit_shown(0, 0, [&](int64_t offset) { width_ = std::max(width_, element(offset).size()); });
    out_.clear();
    write(0, 0);
    return out_;
  }

 private:
  // True for positions hidden behind "...".
  bool hidden(int axis, int64_t i) const {
    const int64_t n = tensor_.shape()[axis];
    return summarise_ && n > 2 * options_.edge_items && i >= options_.edge_items &&
           i < n - options_.edge_items;
  }

  template <class F>
  void visit_shown(int axis, int64_t offset, const F& f) {
    if (axis == tensor_.rank()) {
      f(offset);
      return;
    }
    for (int64_t i = 0; i < tensor_.shape()[axis]; ++i)
      if (!hidden(axis, i)) visit_shown(axis + 1, offset + i * tensor_.strides()[axis], f);
  }

  std::string number(double value) const {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return options_.scientific ? fmt::format("{:.{}e}", value, options_.precision)
                               : fmt::format("{:.{}f}", value, options_.precision);
  }

  std::string element(int64_t offset) const {
    switch (tensor_.dtype()) {
      case DType::f32:
        return number(static_cast<double>(tensor_.data<float>()[offset]));
      case DType::f64:
        return number(tensor_.data<double>()[offset]);
      case DType::bf16:
        return number(static_cast<double>(static_cast<float>(tensor_.data<bfloat16>()[offset])));
      case DType::i64:
        return fmt::format("{}", tensor_.data<int64_t>()[offset]);
      case DType::u8:
        return fmt::format("{}", tensor_.data<uint8_t>()[offset]);
      case DType::b8:
        return tensor_.data<bool>()[offset] ? "true" : "false";
    }
    return "?";
  }

  // Depth is bounded by kMaxRank.
  void write(int axis, int64_t offset) {
    if (axis == tensor_.rank()) {
      out_ += fmt::format("{:>{}}", element(offset), width_);
      return;
    }
    const bool innermost = axis + 1 == tensor_.rank();
    const auto line_start = [&] { return out_.size() - (out_.rfind('\n') + 1); };  // npos + 1 == 0
    out_ += '[';
    bool first = true, skipped = false;
    for (int64_t i = 0; i < tensor_.shape()[axis]; ++i) {
      if (hidden(axis, i)) {
        if (!skipped)
          out_ +=
              innermost ? ", ..." : fmt::format(",\n{}...", std::string(static_cast<size_t>(axis) + 1, ' '));
        skipped = true;
        continue;
      }
      if (!first) {
        out_ += ',';
        const bool wrap = innermost && line_start() + width_ + 2 > static_cast<size_t>(options_.line_width);
        if (!innermost || wrap) {
          const int blank_lines = innermost ? 1 : std::max(1, tensor_.rank() - axis - 1);
          out_ += std::string(static_cast<size_t>(blank_lines), '\n') +
                  std::string(static_cast<size_t>(axis) + 1, ' ');
        } else {
          out_ += ' ';
        }
      }
      first = false;
      write(axis + 1, offset + i * tensor_.strides()[axis]);
    }
    out_ += ']';
  }

  Tensor tensor_;
  PrintOptions options_;
  bool summarise_;
  size_t width_ = 0;
  std::string out_;
};

}  // namespace

std::string to_string(const Tensor& tensor, const PrintOptions& options) {
  if (!tensor.defined()) return "tensor undefined";
  std::string head = "tensor " + std::string(describe(tensor));
  if (!tensor.device().is_cpu()) head += " on " + to_string(tensor.device());
  if (options.shape_only) return head;
  return head + "\n" + Printer(tensor, options).text();
}

}  // namespace infograd
