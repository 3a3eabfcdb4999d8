// Private: log-probabilities of labels and of the average prediction (LabelMarginalArgs). Rows: lanes that
// meet (lines.h); classes: slices over the rows.
#pragma once

#include <cmath>
#include <limits>

#include <infograd/backends/cuda/lines.h>
#include <infograd/backends/cuda/log_sum.h>
#include <infograd/backends/element.h>

namespace infograd::cuda {

/// l = log_softmax(z), the two parts of a row's log-sum-exp taken off one after the other.
template <class T>
struct RowLogSoftmax {
  using C = typename Compute<T>::type;
  const T* lse;  ///< [2, rows]
  int64_t rows;
  INFOGRAD_HD C operator()(int64_t row, T z) const {
    return (convert<C>(z) - convert<C>(lse[row])) - convert<C>(lse[rows + row]);
  }
};

/// What both passes read of the rows.
template <class T>
struct LabelMarginalRows {
  Lines<1> lines;
  const T* logits;
  const int64_t* labels;
  INFOGRAD_HD int64_t row_of(int64_t block, int thread) const { return lines.line_of(block, thread); }
};

/// lse, and l of each row's label.
template <class T>
struct LabelMarginalKernel {
  using C = typename Compute<T>::type;
  using Value = LogSum<C, double>;
  LabelMarginalRows<T> rows;
  T* out;
  T* lse;

  INFOGRAD_HD Value sum(int64_t block, int thread) const {
    Value value = Value::none();
    rows.lines.for_each(block, thread,
                        [&](const int64_t* at, int64_t) { value.add(convert<C>(rows.logits[at[0]])); });
    return value;
  }
  INFOGRAD_HD static Value merge(Value a, const Value& b) {
    a.merge(b);
    return a;
  }
  INFOGRAD_HD void write(int64_t block, int thread, const Value& value) const {
    const int64_t row = rows.row_of(block, thread), count = rows.lines.count;
    if (rows.lines.schedule.lane(thread) != 0 || row >= count) return;
    lse[row] = convert<T>(value.sum == 0 ? C(0) : value.shift);
    lse[count + row] = convert<T>(value.sum == 0 ? 0.0 : std::log(value.sum));
    const T z = rows.logits[row * rows.lines.length + rows.labels[row]];
    out[row] = convert<T>(RowLogSoftmax<T>{lse, count}(row, z));
  }
};

/// Of each class the log of the average of e^l: a policy of SliceKernel. `Element` is a logit, or a part of
/// the sum.
template <class T, class Element>
struct AverageLogProbability {
  using C = typename Compute<T>::type;
  using Acc = LogSum<double>;
  static constexpr bool kOfParts = std::is_same_v<Element, Acc>;
  using Part = std::conditional_t<kOfParts, Acc, LogSum<C>>;

  RowLogSoftmax<T> l;
  double log_rows;

  INFOGRAD_HD Acc start() const { return Acc::none(); }
  INFOGRAD_HD Part begin() const { return Part::none(); }
  INFOGRAD_HD int context(int64_t /*slice*/) const { return 0; }
  INFOGRAD_HD void add(Part& part, const Element& x, int64_t row, int /*context*/) const {
    if constexpr (kOfParts)
      part.merge(x);
    else
      part.add(l(row, x));
  }
  INFOGRAD_HD Acc widen(const Part& part) const {
    return {static_cast<double>(part.shift), static_cast<double>(part.sum)};
  }
  INFOGRAD_HD Acc combine(Acc a, const Acc& b) const {
    a.merge(b);
    return a;
  }
  INFOGRAD_HD T finish(const Acc& acc, int64_t /*slice*/) const { return convert<T>(acc.value() - log_rows); }
};

/// dz = dl - e^l sum dl, dl_c = [c = label] g_row + g_c e^(l_c - L_c) / rows.
template <class T>
struct LabelMarginalGradKernel {
  using C = typename Compute<T>::type;
  LabelMarginalRows<T> rows;
  RowLogSoftmax<T> l;
  const T* out;
  const T* grad;
  T* dlogits;  ///< laid out as the logits

  INFOGRAD_HD double sum(int64_t block, int thread) const {
    double total = 0;
    const int64_t row = rows.row_of(block, thread);
    rows.lines.for_each(block, thread, [&](const int64_t* at, int64_t c) {
      total += static_cast<double>(dl(row, c, l(row, rows.logits[at[0]])));
    });
    return total;
  }
  INFOGRAD_HD static double add(double a, double b) { return a + b; }

  INFOGRAD_HD void write(int64_t block, int thread, double total) const {
    const int64_t row = rows.row_of(block, thread);
    rows.lines.for_each(block, thread, [&](const int64_t* at, int64_t c) {
      const C value = l(row, rows.logits[at[0]]);
      dlogits[at[0]] = convert<T>(dl(row, c, value) - std::exp(value) * static_cast<C>(total));
    });
  }

 private:
  INFOGRAD_HD C dl(int64_t row, int64_t c, C value) const {
    const int64_t count = rows.lines.count;
    C marginal = convert<C>(out[count + c]);
    if (marginal == -std::numeric_limits<C>::infinity()) marginal = 0;  // no row gives it anything
    const C pull = convert<C>(grad[count + c]) * std::exp(value - marginal) / static_cast<C>(count);
    return rows.labels[row] == c ? convert<C>(grad[row]) + pull : pull;
  }
};

}  // namespace infograd::cuda
