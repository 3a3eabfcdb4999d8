// Private: everything infograd needs from oneDNN 2.6+ and 3.x. One cache of finished primitives; no other
// file knows versions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include <infograd/backends/args.h>
#include <infograd/backends/cpu/onednn_kernels.h>
#include <infograd/core/dtype.h>
#include <infograd/core/export.h>
#include <infograd/core/shape.h>

namespace infograd::onednn {

using Desc = dnnl::memory::desc;

const dnnl::engine& engine();

dnnl::memory::data_type data_type(DType dtype);
Desc desc(std::span<const int64_t> shape, std::span<const int64_t> strides, DType dtype);
/// The layout is left to oneDNN.
Desc any_desc(std::span<const int64_t> shape, DType dtype);
/// A user-managed scratchpad and, in this order: alpha * result (1 = none), + beta * destination (0 = none),
/// activation
/// (not relu: take_relu).
dnnl::primitive_attr attributes(double alpha, double beta, Activation activation);

/// What distinguishes two finished primitives: an op, its shapes, strides, dtypes and epilogue. The thread
/// count is always part.
class INFOGRAD_API Key {
 public:
  explicit Key(int64_t op);
  Key& add(int64_t value);
  Key& add(double value);
  Key& add(std::span<const int64_t> values);
  uint64_t hash() const { return hash_; }
  bool operator==(const Key& other) const;

 private:
  std::array<int64_t, 56> words_;  // only the first size_ are set
  size_t size_ = 0;
  uint64_t hash_ = 0xcbf29ce484222325U;
};

/// A primitive with its memory objects and argument list; run() only sets addresses.
class Prepared {
 public:
  Prepared() = default;
  Prepared(const dnnl::primitive& primitive, std::initializer_list<std::pair<int, Desc>> arguments,
           const Desc& scratchpad);
  /// Addresses in the order of `arguments`; what the primitive only reads is not written.
  void run(std::initializer_list<const void*> addresses);
  explicit operator bool() const { return static_cast<bool>(primitive_); }

 private:
  dnnl::primitive primitive_;
  std::vector<dnnl::memory> memories_;  // the arguments, then the scratchpad if there is one
  std::vector<dnnl_exec_arg_t> arguments_;
  size_t scratchpad_bytes_ = 0;
};

/// What a key stands for: a primitive and, when oneDNN wants another layout of the weights, a reorder from or
/// to it.
struct Program {
  Prepared main;  ///< empty: oneDNN has no such primitive
  Prepared reorder;
  size_t weight_bytes = 0;  ///< room for the reordered weights

  /// Adds the reorder unless the layouts agree.
  void set_reorder(const Desc& from, const Desc& to);
};

/// The program of `key`, made by `make` on the first use on this thread. The least recently used one beyond
/// the capacity is dropped. A `make` that throws dnnl::error gives an empty program, which is remembered too.
template <class Make>
Program& cached(const Key& key, Make&& make);

/// Programs kept per thread (default 512); oneDNN's own cache gets the same bound. At least 1.
INFOGRAD_API void set_cache_capacity(int programs);
INFOGRAD_API int cache_capacity();
/// Programs held by the calling thread, and how many were made on it since it started.
struct CacheStats {
  int size = 0;
  int64_t made = 0;
};
INFOGRAD_API CacheStats cache_stats();

namespace detail {
Program* find(const Key& key);
Program& insert(const Key& key, Program program);
}  // namespace detail

template <class Make>
Program& cached(const Key& key, Make&& make) {
  if (Program* hit = detail::find(key)) return *hit;
  Program made;
  try {
    made = make();
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw;
    made = Program();
  }
  return detail::insert(key, std::move(made));
}

/// The primitive descriptor of `Primitive`: 2.x goes through an operation descriptor, 3.x takes the arguments
/// directly. `hint` is the forward descriptor that a backward one needs, or nothing.
template <class Primitive, class... Args, class... Hint>
typename Primitive::primitive_desc describe(const dnnl::primitive_attr& attributes,
                                            const std::tuple<Args...>& args, const Hint&... hint) {
  return std::apply(
      [&](const auto&... a) {
#if DNNL_VERSION_MAJOR >= 3
        return typename Primitive::primitive_desc(engine(), a..., hint..., attributes);
#else
        return
            typename Primitive::primitive_desc(typename Primitive::desc(a...), attributes, engine(), hint...);
#endif
      },
      args);
}

}  // namespace infograd::onednn
