#include <numeric>
#include <utility>
#include <vector>

#include <infograd/core/check.h>
#include <infograd/losses/negatives.h>
#include <infograd/ops/constant.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

/// b8 [K, K]: true where row and column carry the same value.
Tensor same(const Tensor& per_pair) {
  return eq(unsqueeze(per_pair, 1), unsqueeze(per_pair, 0));
}

Tensor excluded_by_labels(int64_t k, const Tensor& labels, Device device) {
  check_defined("negatives", "labels", labels);
  check<DTypeError>(labels.dtype() == DType::i64, "negatives: labels are {}, but must be i64: class numbers",
                    describe(labels));
  check<ShapeError>(labels.rank() == 1 && labels.size(0) == k,
                    "negatives: labels {} for {} pairs: one label per pair is needed", describe(labels), k);
  return same(labels.to(device));
}

Tensor excluded_by_derangements(int64_t k, const Negatives& negatives, Device device) {
  check<ValueError>(negatives.per_positive >= 1 && negatives.per_positive < k,
                    "negatives: {} negatives per positive among {} pairs: at least 1 and at most K - 1",
                    negatives.per_positive, k);
  Generator& generator = negatives.generator != nullptr ? *negatives.generator : default_generator();
  const Tensor columns = unsqueeze(arange(k).to(device), 0);
  Tensor excluded = ones({k, k}, DType::b8, device);
  for (int64_t n = 0; n < negatives.per_positive; ++n)
    excluded = logical_and(excluded, ne(columns, unsqueeze(derangement(k, generator, device), 1)));
  return excluded;
}

}  // namespace

Tensor derangement(int64_t k, Generator& generator, Device device) {
  check<ValueError>(k >= 2, "derangement: {} elements: at least 2 are needed", k);
  std::vector<int64_t> pi(static_cast<size_t>(k));
  bool fixed_point = true;
  while (fixed_point) {
    std::iota(pi.begin(), pi.end(), 0);
    for (size_t i = pi.size() - 1; i > 0; --i) std::swap(pi[i], pi[generator.below(i + 1)]);
    fixed_point = false;
    for (size_t i = 0; i < pi.size(); ++i) fixed_point |= pi[i] == static_cast<int64_t>(i);
  }
  return from_data(pi, {k}).to(device);
}

Tensor cyclic_derangement(int64_t k, int64_t shift, Device device) {
  check<ValueError>(k >= 2 && shift % k != 0, "cyclic_derangement: a shift of {} leaves {} elements in place",
                    shift, k);
  std::vector<int64_t> pi(static_cast<size_t>(k));
  for (int64_t i = 0; i < k; ++i) pi[static_cast<size_t>(i)] = ((i + shift) % k + k) % k;
  return from_data(pi, {k}).to(device);
}

Tensor excluded_pairs(int64_t k, const Negatives& negatives, Device device) {
  switch (negatives.policy) {
    case Negatives::Policy::label_aware:
      return excluded_by_labels(k, negatives.labels, device);
    case Negatives::Policy::derangement:
      return excluded_by_derangements(k, negatives, device);
    case Negatives::Policy::all_pairs:
      break;
  }
  return same(detail::constant_to(arange(k), device));
}

}  // namespace infograd::losses
