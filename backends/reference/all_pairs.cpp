// Row and column log-sum-exps of the scores of all pairs, and their gradient: one score at a time.
#include <cmath>
#include <limits>
#include <vector>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

using namespace reference;

namespace {

/// s_ij of the arguments, in double; -inf where the labels exclude the pair.
template <class T>
class AllScores {
 public:
  explicit AllScores(const AllPairsArgs& args)
      : u_(args.u), v_(args.v), scores_(args.scores), labels_(args.labels.as<int64_t>()), scale_(args.scale) {
    depth_ = args.u ? args.u.shape[1] : 0;
  }
  double operator()(int64_t i, int64_t j) const {
    if (labels_ != nullptr && i != j && labels_[i] == labels_[j])
      return -std::numeric_limits<double>::infinity();
    if (scores_) return scores_(i, j);
    double sum = 0;
    for (int64_t k = 0; k < depth_; ++k) sum += u_(i, k) * v_(j, k);
    return scale_ * sum;
  }

 private:
  Elements<T> u_, v_, scores_;
  const int64_t* labels_;
  int64_t depth_ = 0;
  double scale_;
};

/// log sum_i exp(score(i)); -inf when all are.
template <class F>
double log_sum_exp(int64_t n, F&& score) {
  double largest = -std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < n; ++i) largest = std::fmax(largest, score(i));
  if (largest == -std::numeric_limits<double>::infinity()) return largest;
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += std::exp(score(i) - largest);
  return largest + std::log(sum);
}

}  // namespace

void ReferenceBackend::all_pairs_lse(const AllPairsArgs& args) {
  const int64_t k = args.out.shape[1];
  visit_floating("all_pairs_lse", args.out.dtype, [&](auto zero) {
    using T = decltype(zero);
    const AllScores<T> score(args);
    const Elements<T> out(args.out);
    for (int64_t i = 0; i < k; ++i) {
      out.set(log_sum_exp(k, [&](int64_t j) { return score(i, j); }), 0, i);
      out.set(log_sum_exp(k, [&](int64_t j) { return score(j, i); }), 1, i);
      out.set(score(i, i), 2, i);
    }
  });
}

void ReferenceBackend::all_pairs_lse_grad(const AllPairsArgs& args) {
  const int64_t k = args.out.shape[1];
  visit_floating("all_pairs_lse_grad", args.out.dtype, [&](auto zero) {
    using T = decltype(zero);
    const AllScores<T> score(args);
    const Elements<T> lse(args.out), g(args.grad), u(args.u), v(args.v), du(args.du), dv(args.dv);
    const auto slope = [&](int64_t i, int64_t j) {
      const double s = score(i, j);
      if (s == -std::numeric_limits<double>::infinity()) return 0.0;
      return g(0, i) * std::exp(s - lse(0, i)) + g(1, j) * std::exp(s - lse(1, j)) + (i == j ? g(2, i) : 0);
    };
    if (args.dscores) {
      const Elements<T> ds(args.dscores);
      for (int64_t i = 0; i < k; ++i)
        for (int64_t j = 0; j < k; ++j) ds.set(slope(i, j), i, j);
      return;
    }
    const int64_t depth = args.u.shape[1];
    std::vector<double> row_u(static_cast<size_t>(depth)), row_v(static_cast<size_t>(depth));
    for (int64_t i = 0; i < k; ++i) {
      row_u.assign(row_u.size(), 0);
      row_v.assign(row_v.size(), 0);
      for (int64_t j = 0; j < k; ++j) {
        const double to_u = args.scale * slope(i, j), to_v = args.scale * slope(j, i);
        for (int64_t c = 0; c < depth; ++c) {
          row_u[static_cast<size_t>(c)] += to_u * v(j, c);
          row_v[static_cast<size_t>(c)] += to_v * u(j, c);
        }
      }
      for (int64_t c = 0; c < depth; ++c) {
        du.set(row_u[static_cast<size_t>(c)], i, c);
        dv.set(row_v[static_cast<size_t>(c)], i, c);
      }
    }
  });
}

}  // namespace infograd
