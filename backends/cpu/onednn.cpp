#include <algorithm>
#include <atomic>
#include <bit>
#include <list>
#include <unordered_map>

#include <omp.h>

#include <infograd/backends/cpu/onednn.h>
#include <infograd/core/allocator.h>
#include <infograd/core/error.h>

namespace infograd::onednn {

std::string version() {
  const dnnl_version_t* v = dnnl_version();
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

bool available() {
  return true;
}

const dnnl::engine& engine() {
  static const dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

static dnnl::stream& stream() {
  thread_local dnnl::stream instance(engine());
  return instance;
}

// The values are bit sets: every level that includes another contains its bits.
static bool includes(dnnl_cpu_isa_t level) {
  return (dnnl_get_effective_cpu_isa() & level) == level;
}

bool has_avx512() {
  static const bool yes = includes(dnnl_cpu_isa_avx512_core);
  return yes;
}

bool has_fast_bf16() {
  static const bool yes = includes(dnnl_cpu_isa_avx512_core_bf16);
  return yes;
}

dnnl::memory::data_type data_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return dnnl::memory::data_type::f32;
    case DType::bf16:
      return dnnl::memory::data_type::bf16;
    default:
      throw DTypeError("onednn: only f32 and bf16 reach oneDNN");
  }
}

Desc desc(std::span<const int64_t> shape, std::span<const int64_t> strides, DType dtype) {
  return {dnnl::memory::dims(shape.begin(), shape.end()), data_type(dtype),
          dnnl::memory::dims(strides.begin(), strides.end())};
}

Desc any_desc(std::span<const int64_t> shape, DType dtype) {
  return {dnnl::memory::dims(shape.begin(), shape.end()), data_type(dtype), dnnl::memory::format_tag::any};
}

static void append(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha) {
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(algorithm, alpha, 0);
#else
  ops.append_eltwise(1, algorithm, alpha, 0);
#endif
}

dnnl::primitive_attr attributes(double alpha, double beta, Activation activation) {
  dnnl::post_ops ops;
  if (alpha != 1) append(ops, dnnl::algorithm::eltwise_linear, static_cast<float>(alpha));
  if (beta != 0) ops.append_sum(static_cast<float>(beta));
  switch (activation) {
    case Activation::none:
      break;
    case Activation::relu:
      throw Error("onednn: relu is not fused, it would lose NaN");
    case Activation::gelu:
      append(ops, dnnl::algorithm::eltwise_gelu_erf, 0);
      break;
    case Activation::tanh:
      append(ops, dnnl::algorithm::eltwise_tanh, 0);
      break;
    case Activation::sigmoid:
      append(ops, dnnl::algorithm::eltwise_logistic, 0);
      break;
  }
  dnnl::primitive_attr attr;
  attr.set_post_ops(ops);
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

bool take_relu(Activation& activation) {
  if (activation != Activation::relu) return false;
  activation = Activation::none;
  return true;
}

Key::Key(int64_t op) {
  // A primitive divides its work when it is made: another thread count needs another one.
  add(op).add(int64_t{omp_get_max_threads()});
}

Key& Key::add(int64_t value) {
  if (size_ == words_.size()) throw Error("onednn: key too long");
  words_[size_++] = value;
  hash_ = (hash_ ^ static_cast<uint64_t>(value)) * 0x100000001b3U;
  hash_ ^= hash_ >> 29U;
  return *this;
}

Key& Key::add(double value) {
  return add(std::bit_cast<int64_t>(value));
}

Key& Key::add(std::span<const int64_t> values) {
  for (int64_t value : values) add(value);
  return *this;
}

bool Key::operator==(const Key& other) const {
  return hash_ == other.hash_ && size_ == other.size_ &&
         std::equal(words_.begin(), words_.begin() + static_cast<int64_t>(size_), other.words_.begin());
}

Prepared::Prepared(const dnnl::primitive& primitive, std::initializer_list<std::pair<int, Desc>> arguments,
                   const Desc& scratchpad)
    : primitive_(primitive), scratchpad_bytes_(scratchpad.get_size()) {
  const auto add = [&](int id, const Desc& layout) {
    memories_.emplace_back(layout, engine(), nullptr);
    arguments_.push_back({id, memories_.back().get()});
  };
  for (const auto& [id, layout] : arguments) add(id, layout);
  if (scratchpad_bytes_ != 0) add(DNNL_ARG_SCRATCHPAD, scratchpad);
}

void Prepared::run(std::initializer_list<const void*> addresses) {
  // oneDNN takes one kind of address; what a primitive reads it does not write.
  auto memory = memories_.begin();
  for (const void* address : addresses) (memory++)->set_data_handle(const_cast<void*>(address));
  const memory::Scratch scratch(scratchpad_bytes_);
  if (scratchpad_bytes_ != 0) memory->set_data_handle(scratch.data());
  const dnnl_status_t status = dnnl_primitive_execute(primitive_.get(), stream().get(),
                                                      static_cast<int>(arguments_.size()), arguments_.data());
  if (status != dnnl_success) throw Error("onednn: execution failed with status " + std::to_string(status));
}

void Program::set_reorder(const Desc& from, const Desc& to) {
  if (from == to) return;
  weight_bytes = std::max(from.get_size(), to.get_size());
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::reorder::primitive_desc pd(engine(), from, engine(), to, attr);
  reorder = Prepared(dnnl::reorder(pd), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}, pd.scratchpad_desc());
}

namespace {

std::atomic<int> capacity = 512;

struct KeyHash {
  size_t operator()(const Key& key) const { return key.hash(); }
};

// Most recently used first. One per thread: a program holds the addresses of the call it serves.
struct Cache {
  std::list<std::pair<Key, Program>> order;
  std::unordered_map<Key, std::list<std::pair<Key, Program>>::iterator, KeyHash> index;
  int64_t made = 0;

  void shrink(size_t limit) {
    while (order.size() > limit) {
      index.erase(order.back().first);
      order.pop_back();
    }
  }
};

Cache& cache() {
  thread_local Cache instance;
  return instance;
}

}  // namespace

namespace detail {

Program* find(const Key& key) {
  Cache& c = cache();
  const auto hit = c.index.find(key);
  if (hit == c.index.end()) return nullptr;
  c.order.splice(c.order.begin(), c.order, hit->second);
  return &hit->second->second;
}

Program& insert(const Key& key, Program program) {
  static const bool bounded = [] { return dnnl_set_primitive_cache_capacity(capacity) == dnnl_success; }();
  static_cast<void>(bounded);
  Cache& c = cache();
  c.shrink(static_cast<size_t>(capacity - 1));
  c.order.emplace_front(key, std::move(program));
  c.index.emplace(key, c.order.begin());
  ++c.made;
  return c.order.front().second;
}

}  // namespace detail

void set_cache_capacity(int programs) {
  if (programs < 1) throw ValueError("onednn: cache capacity " + std::to_string(programs) + " is below 1");
  capacity = programs;
  dnnl_set_primitive_cache_capacity(programs);
  cache().shrink(static_cast<size_t>(programs));
}

int cache_capacity() {
  return capacity;
}

CacheStats cache_stats() {
  return {static_cast<int>(cache().order.size()), cache().made};
}

}  // namespace infograd::onednn
