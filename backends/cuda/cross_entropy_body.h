// Private: softmax cross-entropy of rows (CrossEntropyArgs), in steps between which the lanes of a row meet.
#pragma once

#include <cmath>
#include <limits>

#include <infograd/backends/cuda/lines.h>
#include <infograd/backends/element.h>

namespace infograd::cuda {

/// What both passes read.
template <class T>
struct CrossEntropyRows {
  Lines<1> lines;  ///< rows of the logits
  const T* logits;
  const int64_t* labels;
  int64_t label_step;
  const T* weight;  ///< null: all 1
  double smoothing;
  int64_t ignore_index;

  INFOGRAD_HD double z(int64_t at) const { return convert<double>(logits[at]); }
  INFOGRAD_HD double weight_of(int64_t c) const {
    return weight != nullptr ? convert<double>(weight[c]) : 1.0;
  }
  INFOGRAD_HD int64_t label_of(int64_t row) const { return labels[row * label_step]; }
  INFOGRAD_HD double spread() const { return smoothing / static_cast<double>(lines.length); }
};

/// lse = base + log sum e^(z - base); loss = (1 - s) w_y (lse - z_y) + s / C sum_c w_c (lse - z_c).
template <class T>
struct CrossEntropyKernel {
  struct Value {
    double exponentials;    ///< sum e^(z - base)
    double below, weights;  ///< sum w (base - z) and sum w, where there is smoothing
  };
  CrossEntropyRows<T> rows;
  T* loss;
  int64_t loss_step;
  double* lse;  ///< may be null
  int64_t lse_step;

  INFOGRAD_HD double largest(int64_t block, int thread) const {
    double m = -std::numeric_limits<double>::infinity();
    rows.lines.for_each(block, thread, [&](const int64_t* at, int64_t) { m = std::fmax(m, rows.z(at[0])); });
    return m;
  }
  INFOGRAD_HD static double larger(double a, double b) { return std::fmax(a, b); }

  INFOGRAD_HD static double base_of(double m) { return std::isinf(m) ? 0 : m; }

  INFOGRAD_HD Value sums(int64_t block, int thread, double m) const {
    Value v{0, 0, 0};
    const double base = base_of(m);
    rows.lines.for_each(block, thread, [&](const int64_t* at, int64_t c) {
      const double z = rows.z(at[0]);
      v.exponentials += std::exp(z - base);
      if (rows.smoothing > 0) {
        v.below += rows.weight_of(c) * (base - z);
        v.weights += rows.weight_of(c);
      }
    });
    return v;
  }
  INFOGRAD_HD static Value add(const Value& a, const Value& b) {
    return {a.exponentials + b.exponentials, a.below + b.below, a.weights + b.weights};
  }

  INFOGRAD_HD void write(int64_t block, int thread, double m, const Value& v) const {
    const int64_t row = rows.lines.line_of(block, thread);
    if (rows.lines.schedule.lane(thread) != 0 || row >= rows.lines.count) return;
    const double above = std::log(v.exponentials), sum = base_of(m) + above;
    if (lse != nullptr) lse[row * lse_step] = sum;
    const int64_t label = rows.label_of(row);
    double value = 0;
    if (label != rows.ignore_index) {
      int64_t at[1];
      rows.lines.kept.at(static_cast<uint32_t>(row), at);
      value =
          (1 - rows.smoothing) * rows.weight_of(label) * (sum - rows.z(at[0] + label * rows.lines.step[0]));
      if (rows.smoothing > 0) value += rows.spread() * (v.below + above * v.weights);
    }
    loss[row * loss_step] = convert<T>(value);
  }
};

/// dz = g ((sum of the targets) softmax(z) - target).
template <class T>
struct CrossEntropyGradKernel {
  CrossEntropyRows<T> rows;
  const T* grad;
  int64_t grad_step;
  const double* lse;
  int64_t lse_step;
  T* dlogits;  ///< in the layout of the logits

  INFOGRAD_HD double weights(int64_t block, int thread) const {
    double sum = 0;
    if (rows.smoothing > 0)
      rows.lines.for_each(block, thread, [&](const int64_t*, int64_t c) { sum += rows.weight_of(c); });
    return sum;
  }
  INFOGRAD_HD static double add(double a, double b) { return a + b; }

  INFOGRAD_HD void write(int64_t block, int thread, double total_weight) const {
    const int64_t row = rows.lines.line_of(block, thread);
    if (row >= rows.lines.count) return;
    const int64_t label = rows.label_of(row);
    const bool ignored = label == rows.ignore_index;
    const double on_label = ignored ? 0 : (1 - rows.smoothing) * rows.weight_of(label);
    const double g = convert<double>(grad[row * grad_step]), sum = lse[row * lse_step],
                 spread = rows.spread();
    rows.lines.for_each(block, thread, [&](const int64_t* at, int64_t c) {
      const double z = rows.z(at[0]);
      const double probability = std::isinf(z) && z < 0 ? 0 : std::exp(z - sum);
      const double target = (c == label ? on_label : 0) + (spread > 0 ? spread * rows.weight_of(c) : 0);
      const double dz = ignored ? 0 : g * ((on_label + spread * total_weight) * probability - target);
      dlogits[at[0]] = convert<T>(dz);
    });
  }
};

}  // namespace infograd::cuda
