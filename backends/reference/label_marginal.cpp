// Log-probability of each label and log of the average prediction; formulas in args.h.
#include <cmath>
#include <limits>
#include <vector>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

using namespace reference;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double finite_or_zero(double x) {
  return x == -kInfinity ? 0 : x;
}

/// Largest x(i), i < n, and log sum e^(x(i) - largest); both 0 when all are -inf.
struct LogSum {
  double largest = -kInfinity, log_sum = 0;
  bool impossible = false;
  template <class F>
  LogSum(int64_t n, const F& x) {
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) largest = std::fmax(largest, x(i));
    largest = finite_or_zero(largest);
    for (int64_t i = 0; i < n; ++i) sum += std::exp(x(i) - largest);
    impossible = sum == 0;
    if (!impossible) log_sum = std::log(sum);
  }
};

}  // namespace

void ReferenceBackend::label_marginal(const LabelMarginalArgs& args) {
  const int64_t rows = args.logits.shape[0], classes = args.logits.shape[1];
  visit_floating("label_marginal", args.logits.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> z(args.logits), out(args.out), lse(args.lse);
    const Elements<int64_t> labels(args.labels);
    std::vector<LogSum> of_row;
    const auto l = [&](int64_t r, int64_t c) {
      const LogSum& row = of_row[static_cast<size_t>(r)];
      return (z(r, c) - row.largest) - row.log_sum;
    };
    for (int64_t r = 0; r < rows; ++r) {
      of_row.emplace_back(classes, [&](int64_t c) { return z(r, c); });
      lse.set(of_row.back().largest, 0, r);
      lse.set(of_row.back().log_sum, 1, r);
      out.set(l(r, labels(r)), r);
    }
    for (int64_t c = 0; c < classes; ++c) {
      const LogSum column(rows, [&](int64_t r) { return l(r, c); });
      out.set(column.impossible ? -kInfinity
                                : column.largest + (column.log_sum - std::log(static_cast<double>(rows))),
              rows + c);
    }
  });
}

void ReferenceBackend::label_marginal_grad(const LabelMarginalArgs& args) {
  const int64_t rows = args.logits.shape[0], classes = args.logits.shape[1];
  visit_floating("label_marginal_grad", args.logits.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> z(args.logits), out(args.out), lse(args.lse), g(args.grad), dz(args.dlogits);
    const Elements<int64_t> labels(args.labels);
    std::vector<double> dl(static_cast<size_t>(classes));
    for (int64_t r = 0; r < rows; ++r) {
      const auto l = [&](int64_t c) { return (z(r, c) - lse(0, r)) - lse(1, r); };
      double total = 0;
      for (int64_t c = 0; c < classes; ++c) {
        const double pull = std::exp(l(c) - finite_or_zero(out(rows + c))) / static_cast<double>(rows);
        dl[static_cast<size_t>(c)] = (c == labels(r) ? g(r) : 0) + g(rows + c) * pull;
        total += dl[static_cast<size_t>(c)];
      }
      for (int64_t c = 0; c < classes; ++c) dz.set(dl[static_cast<size_t>(c)] - std::exp(l(c)) * total, r, c);
    }
  });
}

}  // namespace infograd
