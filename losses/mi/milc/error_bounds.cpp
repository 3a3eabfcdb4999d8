#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <infograd/core/check.h>
#include <infograd/losses/mi/milc/error_bounds.h>

namespace infograd::losses {
namespace {

void check_classes(const char* op, int classes) {
  check<ValueError>(classes >= 2, "{}: {} classes; at least 2 are needed", op, classes);
}
void check_entropy(const char* op, const char* name, double value) {
  check<ValueError>(value >= -1e-12, "{}: {} = {} is negative; a plug-in estimate must be cut at 0", op, name,
                    value);
}

}  // namespace

double fano_phi(double pe, int classes) {
  check_classes("fano_phi", classes);
  check<ValueError>(pe >= 0 && pe <= 1, "fano_phi: an error probability of {}", pe);
  const double wrong = pe > 0 ? -pe * std::log(pe) : 0, right = pe < 1 ? -(1 - pe) * std::log1p(-pe) : 0;
  return wrong + right + pe * std::log(static_cast<double>(classes - 1));
}

double fano_phi_inverse(double h, int classes) {
  check_classes("fano_phi_inverse", classes);
  check_entropy("fano_phi_inverse", "h", h);
  double low = 0, high = static_cast<double>(classes - 1) / classes;
  if (h >= std::log(static_cast<double>(classes))) return high;
  if (h <= 0) return 0;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (fano_phi(middle, classes) < h ? low : high) = middle;
  }
  return (low + high) / 2;
}

ErrorBounds error_bounds(double label_entropy, double mi, int classes, double largest_prior) {
  check_classes("error_bounds", classes);
  check_entropy("error_bounds", "label_entropy", label_entropy);
  check_entropy("error_bounds", "mi", mi);
  check<ValueError>(largest_prior >= 0 && largest_prior <= 1, "error_bounds: a largest prior of {}",
                    largest_prior);
  const double missing = std::max(0.0, label_entropy - mi);  // H(Y | X)
  const double log_two = std::log(2.0), excess = std::max(0.0, missing - log_two);
  ErrorBounds bounds;
  bounds.fano_tight = fano_phi_inverse(missing, classes);
  bounds.fano_weak = bounds.fano_weakest = std::numeric_limits<double>::quiet_NaN();
  if (classes > 2) {
    bounds.fano_weak = excess / std::log(static_cast<double>(classes - 1));
    bounds.fano_weakest = excess / std::log(static_cast<double>(classes));
  }
  bounds.upper_hellman_raviv = missing / (2 * log_two);
  bounds.upper_exp = -std::expm1(-missing);
  bounds.upper_prior = 1 - std::max(largest_prior, 1.0 / classes);
  return bounds;
}

double certified_error_bound(std::span<const std::int64_t> confusion, int classes) {
  const char* op = "certified_error_bound";
  check_classes(op, classes);
  const auto n = static_cast<size_t>(classes);
  check<ShapeError>(confusion.size() == n * n, "{}: {} counts for {} classes; a matrix of {} is needed", op,
                    confusion.size(), classes, n * n);
  std::vector<double> decided(n, 0);
  double total = 0;
  for (size_t i = 0; i < confusion.size(); ++i) {
    check<ValueError>(confusion[i] >= 0, "{}: a count of {}", op, confusion[i]);
    decided[i % n] += static_cast<double>(confusion[i]);
    total += static_cast<double>(confusion[i]);
  }
  check<ValueError>(total > 0, "{}: no sample", op);
  double missing = 0;  // H(label | decision)
  for (size_t i = 0; i < confusion.size(); ++i) {
    const auto count = static_cast<double>(confusion[i]);
    if (count > 0) missing -= count / total * std::log(count / decided[i % n]);
  }
  return fano_phi_inverse(missing, classes);
}

double milc_sample_size(double eps, double delta, double m, double B, double lipschitz, double radius) {
  check<ValueError>(eps > 0 && m > 0 && B > 0 && lipschitz > 0 && radius > 0,
                    "milc_sample_size: eps {}, m {}, B {}, lipschitz {} and radius {} must be positive", eps,
                    m, B, lipschitz, radius);
  check<ValueError>(delta > 0 && delta <= 1, "milc_sample_size: delta {} is outside (0, 1]", delta);
  // One model stands for all when the ball is smaller than the resolution.
  const double models = std::max(0.0, std::log(8 * radius * lipschitz * std::sqrt(m) / eps));
  return 2 * B * B / (eps * eps) * (m * models + std::log(2 / delta));
}

}  // namespace infograd::losses
