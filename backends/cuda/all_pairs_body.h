// Private: log-sum-exps of the scores of all pairs, and their slopes, in strips of rows: what happens inside
// one strip [rows, K]. The product that makes a strip is the library's.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <infograd/backends/cuda/launch.h>
#include <infograd/backends/cuda/log_sum.h>
#include <infograd/backends/element.h>

namespace infograd::cuda {

/// Rows of a strip: as many as stay in a large GPU's cache until they are read again (8 million scores), at
/// least 128 to keep the product busy; `tile` if that is not 0.
inline int64_t strip_rows(int64_t k, int64_t tile) {
  if (tile > 0) return std::min(tile, k);
  constexpr int64_t kScores = int64_t{1} << 23U, kFewest = 128;
  return std::min(k, std::max(kFewest, kScores / std::max<int64_t>(1, k) / kFewest * kFewest));
}

/// Log-sum-exps of the rows or the columns of a strip: a policy of SliceKernel. `Element` is a score, or a
/// part of a sum; `Out` the result, or a sum that goes on in the next strip.
template <class Element, class Out>
struct PairSums {
  using Acc = LogSum<double>;
  static constexpr bool kOfParts = std::is_same_v<Element, Acc>;
  using Part = std::conditional_t<kOfParts, Acc, LogSum<Element>>;
  struct Context {
    int64_t index, label;
  };

  const int64_t* labels;  ///< null: no pair is left out
  int64_t first_slice;    ///< which of the K the first slice is
  int64_t first_other;    ///< which the first element of a slice is
  const Acc* before;      ///< sums of the strips before, one per slice; null: none

  INFOGRAD_HD Acc start() const { return Acc::none(); }
  INFOGRAD_HD Part begin() const { return Part::none(); }
  INFOGRAD_HD Context context(int64_t slice) const {
    const int64_t index = first_slice + slice;
    return {index, labels != nullptr ? labels[index] : 0};
  }
  INFOGRAD_HD void add(Part& part, const Element& x, int64_t r, const Context& slice) const {
    if constexpr (kOfParts) {
      part.merge(x);
    } else {
      const int64_t other = first_other + r;
      if (labels == nullptr || other == slice.index || labels[other] != slice.label) part.add(x);
    }
  }
  INFOGRAD_HD Acc widen(const Part& part) const {
    return {static_cast<double>(part.shift), static_cast<double>(part.sum)};
  }
  INFOGRAD_HD Acc combine(Acc a, const Acc& b) const {
    a.merge(b);
    return a;
  }
  INFOGRAD_HD Out finish(const Acc& acc, int64_t slice) const {
    const Acc all = before != nullptr ? combine(before[slice], acc) : acc;
    if constexpr (std::is_same_v<Out, Acc>)
      return all;
    else
      return convert<Out>(all.value());
  }
};

/// g_ij = g_0i e^(s_ij - row_i) + g_1j e^(s_ij - column_j) + [i = j] g_2i; 0 where a pair is left out. S are
/// the scores, T the arguments; `slope` may be where the scores are.
template <class S, class T, class Out>
struct PairSlope {
  static constexpr int64_t kPerBlock = kThreads * kItems;  ///< of one row

  const S* scores;
  Out* slope;
  int64_t scores_step, slope_step;  ///< from row to row
  const T* lse;                     ///< [3, k]
  const T* grad;                    ///< [3, k]
  const int64_t* labels;
  int64_t first_row, k;

  INFOGRAD_HD int64_t blocks_per_row() const { return ceil_div(k, kPerBlock); }

  INFOGRAD_HD void run(int64_t block, int thread) const {
    const int64_t row = block / blocks_per_row(), i = first_row + row;
    const int64_t begin = (block - row * blocks_per_row()) * kPerBlock + thread;
    const S row_lse = convert<S>(lse[i]), row_grad = convert<S>(grad[i]);
    const int64_t label = labels != nullptr ? labels[i] : 0;
    if (begin >= k) return;
    S own[kItems];  // read before the first slope is written; past the end the first stands in
    for (int item = 0; item < kItems; ++item) {
      const int64_t j = begin + item * kThreads;
      own[item] = scores[row * scores_step + (j < k ? j : begin)];
    }
    for (int item = 0; item < kItems; ++item) {
      const int64_t j = begin + item * kThreads;
      if (j >= k) return;
      const S s = own[item];
      S g = 0;
      if (s != -std::numeric_limits<S>::infinity() && (labels == nullptr || i == j || labels[j] != label)) {
        g = row_grad * std::exp(s - row_lse) + convert<S>(grad[k + j]) * std::exp(s - convert<S>(lse[k + j]));
        if (i == j) g += convert<S>(grad[2 * k + i]);
      }
      slope[row * slope_step + j] = convert<Out>(g);
    }
  }
};

}  // namespace infograd::cuda
