// Private: optimizer steps of many parameters in one launch. The list travels as a kernel argument: nothing
// is copied to the device beforehand.
#pragma once

#include <cmath>
#include <cstdint>

#include <infograd/backends/cuda/elementwise_body.h>
#include <infograd/backends/element.h>

namespace infograd::cuda {

/// Up to kMost tensors of one dtype, each one run of memory: 4 KiB, what every device takes as arguments.
template <class T>
struct TensorList {
  static constexpr int kMost = 60;
  static constexpr int64_t kPerBlock = int64_t{kThreads} * kItems * 4;  ///< elements of a block

  struct Item {
    T* param;
    const T* grad;
    T* first;   ///< Adam's m, SGD's momentum (null without)
    T* second;  ///< Adam's v
    int64_t n;
    int64_t first_block;
  };
  Item items[kMost];
  int count = 0;
  int64_t blocks = 0;

  bool full() const { return count == kMost; }
  void add(T* param, const T* grad, T* first, T* second, int64_t n) {
    items[count++] = {param, grad, first, second, n, blocks};
    blocks += ceil_div(n, kPerBlock);
  }
  /// The item that a block works on: the last one that begins at or before it.
  INFOGRAD_HD int item_of(int64_t block) const {
    int low = 0, high = count - 1;
    while (low < high) {
      const int middle = (low + high + 1) / 2;
      if (items[middle].first_block <= block)
        low = middle;
      else
        high = middle - 1;
    }
    return low;
  }
};
static_assert(sizeof(TensorList<double>) <= 3600);

/// Constants of a step, from the exact formulas of the reference.
template <class C>
struct AdamStep {
  C beta1, beta2, rest1, rest2, grad_scale, weight_decay, keep, rate, root, eps;

  template <class T>
  INFOGRAD_HD void operator()(T& param, T grad, T& m_of, T& v_of) const {
    const C p = convert<C>(param), g = weight_decay * p + convert<C>(grad) * grad_scale;
    const C m = beta1 * convert<C>(m_of) + rest1 * g, v = beta2 * convert<C>(v_of) + rest2 * g * g;
    m_of = convert<T>(m);
    v_of = convert<T>(v);
    param = convert<T>(keep * p - rate * (m / (std::sqrt(v) * root + eps)));
  }
};
template <class C>
struct SgdStep {
  C lr, momentum, fresh, weight_decay, grad_scale;
  bool nesterov;

  template <class T>
  INFOGRAD_HD void operator()(T& param, T grad) const {
    const C p = convert<C>(param);
    param = convert<T>(p - lr * (convert<C>(grad) * grad_scale + weight_decay * p));
  }
  template <class T>
  INFOGRAD_HD void operator()(T& param, T grad, T& buffer) const {
    const C p = convert<C>(param), g = convert<C>(grad) * grad_scale + weight_decay * p;
    const C b = momentum * convert<C>(buffer) + fresh * g;
    buffer = convert<T>(b);
    param = convert<T>(p - lr * (nesterov ? g + momentum * b : b));
  }
};

/// update(param, grad, m, v), or fewer where an item has fewer, for the elements of one thread.
template <class Step, class T>
struct ListKernel {
  Step step;
  TensorList<T> list;
  const Step* replayed = nullptr;  ///< in place of `step`: constants that a captured step finds in memory

  using Item = typename TensorList<T>::Item;

  INFOGRAD_HD void run(int64_t block, int thread) const {
    const Item& item = list.items[list.item_of(block)];
    const Step now = replayed != nullptr ? *replayed : step;
    const int64_t begin = (block - item.first_block) * TensorList<T>::kPerBlock;
    if constexpr (requires(T & x) { now(x, x, x, x); })
      walk<2>(now, item, begin, thread);
    else if (item.first != nullptr)
      walk<1>(now, item, begin, thread);
    else
      walk<0>(now, item, begin, thread);
  }

 private:
  template <int moments>
  INFOGRAD_HD static void walk(const Step& now, const Item& item, int64_t begin, int thread) {
    const int64_t past = begin + TensorList<T>::kPerBlock;
    const int64_t end = past < item.n ? past : item.n;
    const bool packs =
        aligned(item.param) && aligned(item.grad) && aligned(item.first) && aligned(item.second);
    for (int64_t i = begin + int64_t{thread} * kItems; i < end; i += int64_t{kThreads} * kItems)
      if (packs && i + kItems <= end)
        update<moments, kItems>(now, item, i);
      else
        for (int64_t j = i; j < end && j < i + kItems; ++j) update<moments, 1>(now, item, j);
  }
  INFOGRAD_HD static bool aligned(const T* address) {
    return reinterpret_cast<uintptr_t>(address) % alignof(Pack<T>) == 0;
  }

  /// n neighbours from number i on.
  template <int moments, int n>
  INFOGRAD_HD static void update(const Step& now, const Item& item, int64_t i) {
    const Pack<T, n> grad = read_pack<n>(item.grad + i);
    Pack<T, n> param = read_pack<n>(item.param + i), first{}, second{};
    if constexpr (moments > 0) first = read_pack<n>(item.first + i);
    if constexpr (moments > 1) second = read_pack<n>(item.second + i);
    for (int j = 0; j < n; ++j)
      if constexpr (moments == 0)
        now(param.at[j], grad.at[j]);
      else if constexpr (moments == 1)
        now(param.at[j], grad.at[j], first.at[j]);
      else
        now(param.at[j], grad.at[j], first.at[j], second.at[j]);
    write_pack(item.param + i, param);
    if constexpr (moments > 0) write_pack(item.first + i, first);
    if constexpr (moments > 1) write_pack(item.second + i, second);
  }
};

}  // namespace infograd::cuda
