// Convolutions by cuDNN. A plan is searched once per geometry, type and alignment, and kept.
#include <infograd/backends/cuda/cudnn_conv.h>

#if defined(INFOGRAD_CUDNN)

#include <array>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <infograd/backends/cuda/cudnn_graph.h>
#include <infograd/backends/cuda/library_calls.h>
#include <infograd/backends/cuda/per_device.h>
#include <infograd/backends/cuda/products.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/backends/cuda_device.h>
#include <infograd/core/device_memory.h>

namespace infograd::cuda {

namespace {

using namespace cudnn;

constexpr size_t kMostKept = 256;

using Key = std::vector<int64_t>;
struct HashKey {
  size_t operator()(const Key& key) const {
    uint64_t hash = 14695981039346656037U;  // FNV-1a
    for (const int64_t part : key) hash = (hash ^ static_cast<uint64_t>(part)) * 1099511628211U;
    return hash;
  }
};

Key key_of(const Problem& p) {
  const ConvArgs& args = p.geometry;
  Key key{static_cast<int64_t>(p.pass),    static_cast<int64_t>(p.x.dtype), static_cast<int64_t>(p.w.dtype),
          static_cast<int64_t>(p.y.dtype), int64_t{p.tensor_float},         p.alignment};
  for (const View* v : {&p.x, &p.w, &p.y}) key.insert(key.end(), v->shape.begin(), v->shape.end());
  for (const auto* pair : {&args.stride, &args.dilation, &args.pad_begin, &args.pad_end})
    key.insert(key.end(), pair->begin(), pair->end());
  return key;
}

/// One per device.
class Library {
 public:
  Library() {
    check(create_handle([&] { return cudnnCreate(&handle_); }));
  }

  bool run(const Problem& p) {
    const std::lock_guard lock(mutex_);
    const Plan& found = prepare(p);
    if (!found.plan) return false;
    check(cudnnSetStream(handle_, stream()));
    const Scratch workspace(static_cast<size_t>(found.workspace));
    const std::array<int64_t, 3> ids{kX, kW, kY};
    const std::array<void*, 3> data{p.x.data, p.w.data, p.y.data};
    Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, ids.data(), 3);
    pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, data.data(), 3);
    pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, workspace.data());
    check(cudnnBackendFinalize(pack.get()));
    check(cudnnBackendExecute(handle_, found.plan->get(), pack.get()));
    check_library_call("conv");
    return true;
  }

 private:
  const Plan& prepare(const Problem& p) {
    Key key = key_of(p);
    if (const auto found = kept_.find(key); found != kept_.end()) return found->second;
    if (kept_.size() >= kMostKept) kept_.clear();
    return kept_.emplace(std::move(key), make_plan(Target(handle_), p)).first->second;
  }

  std::mutex mutex_;
  cudnnHandle_t handle_ = nullptr;
  std::unordered_map<Key, Plan, HashKey> kept_;
};

/// [A, C, H, W] in memory of the order [A, H, W, C]; a copy of the operand where it is not so already.
class ChannelsLast {
 public:
  ChannelsLast(Backend& backend, const View& given, bool read) : given_(given), view_(given) {
    const Shape& s = given.shape;
    view_.strides = {s[1] * s[2] * s[3], 1, s[3] * s[1], s[1]};
    bool fits = true;
    for (int axis = 0; axis < 4; ++axis)
      fits = fits && (s[axis] == 1 || given.strides[axis] == view_.strides[axis]);
    if (fits) return;
    memory_.emplace(static_cast<size_t>(s.numel()) * item_size(given.dtype));
    view_.data = memory_->data();
    if (read) backend.copy(view_, given);
  }
  const View& view() const { return view_; }
  void write_back(Backend& backend) const {
    if (memory_) backend.copy(given_, view_);
  }

 private:
  View given_, view_;
  std::optional<Scratch> memory_;
};

bool switched_off() {
  static const bool off = [] {
    const char* value = std::getenv("INFOGRAD_CUDNN");
    return value != nullptr && std::string_view(value) == "0";
  }();
  return off;
}

int64_t alignment_of(const ConvArgs& args) {
  int64_t alignment = 16;
  for (const View* v : {&args.x, &args.w, &args.y})
    while (reinterpret_cast<uintptr_t>(v->data) % static_cast<uintptr_t>(alignment) != 0) alignment /= 2;
  return alignment;
}

/// [B, C, H, W] with the channels as the last axis.
View channels_at_the_end(const View& v) {
  return {v.data,
          v.dtype,
          {v.shape[0], v.shape[2], v.shape[3], v.shape[1]},
          {v.strides[0], v.strides[2], v.strides[3], v.strides[1]}};
}

}  // namespace

bool cudnn_conv(Backend& backend, const ConvArgs& args) {
  // Operands that are rounded on the way, with results that are not, are products of our own.
  if (switched_off() || (args.precision == Precision::bf16 && args.x.dtype == DType::f32)) return false;
  const ChannelsLast x(backend, args.x, args.pass != ConvPass::data_grad),
      w(backend, args.w, args.pass != ConvPass::weight_grad),
      y(backend, args.y, args.pass != ConvPass::forward);
  const Problem problem{args.pass,         x.view(), w.view(), y.view(), args, tensor_float_allowed(),
                        alignment_of(args)};
  if (!of_device<Library>(current_device()).run(problem)) return false;
  const ChannelsLast& written = args.pass == ConvPass::forward ? y : args.pass == ConvPass::data_grad ? x : w;
  written.write_back(backend);
  if (args.pass == ConvPass::forward)
    bias_activation(channels_at_the_end(args.y), args.bias, args.activation);
  if (args.pass == ConvPass::weight_grad && args.bias) {
    const View& b = args.bias;
    backend.reduce(ReduceOp::sum, {b.data, b.dtype, {1, b.shape[0], 1, 1}, {0, b.strides[0], 0, 0}}, args.y,
                   0);
  }
  return true;
}

std::string cudnn_version() {
  if (switched_off()) return "no cuDNN";
  const size_t version = cudnnGetVersion();
  return fmt::format("cuDNN {}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

}  // namespace infograd::cuda

#else

namespace infograd::cuda {

bool cudnn_conv(Backend& /*backend*/, const ConvArgs& /*args*/) {
  return false;
}
std::string cudnn_version() {
  return "no cuDNN";
}

}  // namespace infograd::cuda

#endif
