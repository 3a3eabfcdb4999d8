// Private: convolutions as graphs of one operation for cuDNN, and the search for a plan: the first of those
// that the library proposes which is deterministic and as precise as asked for.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <cudnn.h>

#include <infograd/backends/args.h>
#include <infograd/core/check.h>

namespace infograd::cuda::cudnn {

inline constexpr int64_t kMostWorkspace = int64_t{1} << 30U;
inline constexpr int64_t kMostProposals = 128;
enum Operand : int64_t { kX = 1, kW, kY };  // names of tensors inside a graph

inline void check(cudnnStatus_t status) {
  if (status != CUDNN_STATUS_SUCCESS) [[unlikely]]
    fail<DeviceError>("conv: cuDNN says {}; INFOGRAD_CUDNN=0 in the environment does without it",
                      cudnnGetErrorString(status));
}

/// A descriptor of the library. Setting an attribute to what it does not know throws; whether it can do what
/// is described, finalize() tells.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type) {
    check(cudnnBackendCreateDescriptor(type, &value_));
  }
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (value_ != nullptr) cudnnBackendDestroyDescriptor(value_);
  }
  cudnnBackendDescriptor_t get() const { return value_; }

  template <class T>
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const T* values, int64_t n) {
    check(cudnnBackendSetAttribute(value_, name, type, n, values));
  }
  template <class T>
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const T& value) {
    set(name, type, &value, 1);
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& other) {
    set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, other.value_);
  }
  void set(cudnnBackendAttributeName_t name, const std::array<int, 2>& pair) {
    const std::array<int64_t, 2> wide{pair[0], pair[1]};
    set(name, CUDNN_TYPE_INT64, wide.data(), 2);
  }
  /// How many values there are; at most n are written.
  template <class T>
  int64_t get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, T* values,
              int64_t n) const {
    int64_t count = 0;
    check(cudnnBackendGetAttribute(value_, name, type, n, &count, values));
    return count;
  }
  bool finalize() { return cudnnBackendFinalize(value_) == CUDNN_STATUS_SUCCESS; }

 private:
  cudnnBackendDescriptor_t value_ = nullptr;
};

/// The device that plans are made for: that of a handle or, for tests without one, a description of it.
class Target {
 public:
  explicit Target(cudnnHandle_t handle) : handle_(handle) {}
  explicit Target(const Descriptor& described) : described_(&described) {}

  void graph(Descriptor& d) const {
    if (handle_ != nullptr) d.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, handle_);
  }
  void plan(Descriptor& d) const {
    if (handle_ != nullptr) d.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, handle_);
#if CUDNN_VERSION >= 90800
    if (described_ != nullptr) d.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *described_);
#endif
  }
  void heuristic([[maybe_unused]] Descriptor& d) const {
#if CUDNN_VERSION >= 90800
    if (described_ != nullptr) d.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *described_);
#endif
  }

 private:
  cudnnHandle_t handle_ = nullptr;
  const Descriptor* described_ = nullptr;
};

inline cudnnDataType_t type_of(DType dtype) {
  return dtype == DType::f64    ? CUDNN_DATA_DOUBLE
         : dtype == DType::bf16 ? CUDNN_DATA_BFLOAT16
                                : CUDNN_DATA_FLOAT;
}

/// The operands as the library gets them: x, w and y dense, channels last.
struct Problem {
  ConvPass pass;
  View x, w, y;
  const ConvArgs& geometry;
  bool tensor_float;
  int64_t alignment;
};

inline Descriptor tensor(Operand id, const View& v, int64_t alignment) {
  Descriptor d(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  const std::array<int64_t, 4> shape{v.shape[0], v.shape[1], v.shape[2], v.shape[3]},
      strides{v.strides[0], v.strides[1], v.strides[2], v.strides[3]};
  d.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, type_of(v.dtype));
  d.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, shape.data(), 4);
  d.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, strides.data(), 4);
  d.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, int64_t{id});
  d.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, alignment);
  return d;
}

inline Descriptor windows(const Problem& p) {
  const ConvArgs& args = p.geometry;
  Descriptor d(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  d.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE,
        p.y.dtype == DType::f64 ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT);
  d.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, CUDNN_CROSS_CORRELATION);
  d.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, int64_t{2});
  d.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, args.dilation);
  d.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, args.stride);
  d.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, args.pad_begin);
  d.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, args.pad_end);
  return d;
}

/// The names of the parts of an operation, which differ by pass.
struct Names {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t x, w, y, windows, alpha, beta;
};
inline Names names_of(ConvPass pass) {
  switch (pass) {
    case ConvPass::forward:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
    case ConvPass::data_grad:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    case ConvPass::weight_grad:
      break;
  }
  return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
}

/// The same bits every time, sums in f32 at least, and f32 operands as they are or, where that is allowed, as
/// TF32: never as half precision, which has another range.
inline bool acceptable(const Descriptor& proposal, const Problem& p) {
  const Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t place = engine.get();
  proposal.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, &place, 1);
  std::array<cudnnBackendNumericalNote_t, CUDNN_NUMERICAL_NOTE_TYPE_COUNT> notes{};
  const int64_t n = engine.get(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, notes.data(),
                               static_cast<int64_t>(notes.size()));
  const bool exact_f32 = p.x.dtype == DType::f32 && !p.tensor_float;
  for (size_t i = 0; i < std::min(static_cast<size_t>(n), notes.size()); ++i) switch (notes[i]) {
      case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
      case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION:
      case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:  // their transforms cost digits
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13:
        return false;
      case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:
        if (exact_f32) return false;
        break;
      default:
        break;
    }
  return true;
}

/// What was found for a problem, with all that it refers to.
struct Plan {
  std::vector<Descriptor> parts;
  std::optional<Descriptor> plan;  ///< none: the library has no plan that will do
  int64_t workspace = 0;
};

/// Tries what the library proposes in one of its ways, best first.
inline bool search(Plan& found, const Target& target, const Descriptor& graph, cudnnBackendHeurMode_t mode,
                   const Problem& p) {
  Descriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
  target.heuristic(heuristic);
  if (!heuristic.finalize()) return false;
  std::vector<Descriptor> proposals;
  std::vector<cudnnBackendDescriptor_t> places;
  for (int64_t i = 0; i < kMostProposals; ++i)
    places.push_back(proposals.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR).get());
  int64_t n = 0;
  if (cudnnBackendGetAttribute(heuristic.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                               kMostProposals, &n, places.data()) != CUDNN_STATUS_SUCCESS)
    return false;
  for (size_t i = 0; i < static_cast<size_t>(std::min(n, kMostProposals)); ++i) {
    if (!acceptable(proposals[i], p)) continue;
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, proposals[i]);
    target.plan(plan);
    if (!plan.finalize()) continue;
    plan.get(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, &found.workspace, 1);
    if (found.workspace > kMostWorkspace) continue;
    found.parts.push_back(std::move(proposals[i]));
    found.plan.emplace(std::move(plan));
    return true;
  }
  return false;
}

/// `plan` is empty when nothing will do.
inline Plan make_plan(const Target& target, const Problem& p) {
  const Names names = names_of(p.pass);
  Plan found;
  found.parts.reserve(7);
  const auto keep = [&](Descriptor d) -> Descriptor& { return found.parts.emplace_back(std::move(d)); };
  Descriptor& x = keep(tensor(kX, p.x, p.alignment));
  Descriptor& w = keep(tensor(kW, p.w, p.alignment));
  Descriptor& y = keep(tensor(kY, p.y, p.alignment));
  Descriptor& conv = keep(windows(p));
  if (!x.finalize() || !w.finalize() || !y.finalize() || !conv.finalize()) return found;

  Descriptor& operation = keep(Descriptor(names.operation));
  operation.set(names.x, x);
  operation.set(names.w, w);
  operation.set(names.y, y);
  operation.set(names.windows, conv);
  if (p.y.dtype == DType::f64) {
    operation.set(names.alpha, CUDNN_TYPE_DOUBLE, 1.0);
    operation.set(names.beta, CUDNN_TYPE_DOUBLE, 0.0);
  } else {
    operation.set(names.alpha, CUDNN_TYPE_FLOAT, 1.0F);
    operation.set(names.beta, CUDNN_TYPE_FLOAT, 0.0F);
  }
  if (!operation.finalize()) return found;

  Descriptor& graph = keep(Descriptor(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR));
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation);
  target.graph(graph);
  if (!graph.finalize()) return found;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK})
    if (search(found, target, graph, mode, p)) break;
  return found;
}

}  // namespace infograd::cuda::cudnn
