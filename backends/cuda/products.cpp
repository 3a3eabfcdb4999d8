#include <array>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include <cublasLt.h>

#include <infograd/backends/cuda/library_calls.h>
#include <infograd/backends/cuda/per_device.h>
#include <infograd/backends/cuda/products.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/backends/cuda_device.h>
#include <infograd/core/check.h>
#include <infograd/core/device_memory.h>

namespace infograd::cuda {

namespace {

constexpr size_t kWorkspaceBytes = size_t{32} << 20U;  // what the library recommends for its largest devices
constexpr size_t kMostKept = 1024;

void check(cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS) [[unlikely]]
    fail<DeviceError>("gemm: cuBLASLt says {}; INFOGRAD_CUDA_SYNC=1 tells whether an earlier kernel failed",
                      cublasLtGetStatusString(status));
}

cudaDataType_t type_of(DType dtype) {
  return dtype == DType::f64 ? CUDA_R_64F : dtype == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F;
}

cublasComputeType_t compute_of(const Product& product) {
  if (product.operands == DType::f64) return CUBLAS_COMPUTE_64F;
  return product.tensor_float && product.operands == DType::f32 ? CUBLAS_COMPUTE_32F_FAST_TF32
                                                                : CUBLAS_COMPUTE_32F;
}

/// Bytes, up to 256, that an address is a multiple of.
uint32_t alignment_of(const void* address) {
  uint32_t alignment = 256;
  while (reinterpret_cast<uintptr_t>(address) % alignment != 0) alignment /= 2;
  return alignment;
}

/// A descriptor of the library with its destructor.
template <class T, cublasStatus_t (*destroy)(T)>
class Owned {
 public:
  Owned() = default;
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (value != nullptr) destroy(value);
  }
  T value = nullptr;
};
using Description = Owned<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using Layout = Owned<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using Preference = Owned<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

bool uses_bias(Epilogue epilogue) {
  return epilogue != Epilogue::none && epilogue != Epilogue::relu && epilogue != Epilogue::gelu;
}

cublasLtEpilogue_t epilogue_of(Epilogue epilogue) {
  switch (epilogue) {
    case Epilogue::none:
      break;
    case Epilogue::bias:
      return CUBLASLT_EPILOGUE_BIAS;
    case Epilogue::relu:
      return CUBLASLT_EPILOGUE_RELU;
    case Epilogue::relu_bias:
      return CUBLASLT_EPILOGUE_RELU_BIAS;
    case Epilogue::gelu:
      return CUBLASLT_EPILOGUE_GELU;
    case Epilogue::gelu_bias:
      return CUBLASLT_EPILOGUE_GELU_BIAS;
    case Epilogue::row_sums:
      return CUBLASLT_EPILOGUE_BGRADB;
  }
  return CUBLASLT_EPILOGUE_DEFAULT;
}

/// A product that was prepared: all but the addresses and factors.
struct Prepared {
  Description description;
  Layout first, second, out;
  cublasLtMatmulAlgo_t algorithm{};
  bool exists = false;  ///< the library has one
};

using Key = std::array<int64_t, 16>;
struct HashKey {
  size_t operator()(const Key& key) const {
    uint64_t hash = 14695981039346656037U;  // FNV-1a
    for (const int64_t part : key) hash = (hash ^ static_cast<uint64_t>(part)) * 1099511628211U;
    return hash;
  }
};

template <class T>
void set(cublasLtMatmulDesc_t description, cublasLtMatmulDescAttributes_t what, const T& value) {
  check(cublasLtMatmulDescSetAttribute(description, what, &value, sizeof(T)));
}
template <class T>
void set(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t what, const T& value) {
  check(cublasLtMatrixLayoutSetAttribute(layout, what, &value, sizeof(T)));
}
template <class T>
void set(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t what, const T& value) {
  check(cublasLtMatmulPreferenceSetAttribute(preference, what, &value, sizeof(T)));
}

/// `rows` x `columns` after the operand is transposed.
void describe(Layout& layout, DType dtype, int64_t rows, int64_t columns, const GemmPlan::Operand& operand,
              int64_t batch) {
  if (operand.transposed) std::swap(rows, columns);
  check(cublasLtMatrixLayoutCreate(&layout.value, type_of(dtype), static_cast<uint64_t>(rows),
                                   static_cast<uint64_t>(columns), operand.ld));
  if (batch == 1) return;
  set(layout.value, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, static_cast<int32_t>(batch));
  set(layout.value, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, operand.batch_stride);
}

/// One per device.
class Library {
 public:
  Library() : workspace_(kWorkspaceBytes) {
    check(create_handle([&] { return cublasLtCreate(&handle_); }));
  }

  // Addresses decide on alignment only, and the bias is set anew for every call.
  bool run(const GemmPlan& plan, const Product& product, void* out, const void* first, const void* second) {
    const std::lock_guard lock(mutex_);
    const Prepared& prepared = prepare(plan, product, out, first, second);
    if (!prepared.exists) return false;
    if (uses_bias(product.epilogue))
      set(prepared.description.value, CUBLASLT_MATMUL_DESC_BIAS_POINTER, product.bias);
    const float alpha32 = static_cast<float>(product.alpha), beta32 = static_cast<float>(product.beta);
    const bool wide = product.operands == DType::f64;
    const void* alpha = wide ? static_cast<const void*>(&product.alpha) : &alpha32;
    const void* beta = wide ? static_cast<const void*>(&product.beta) : &beta32;
    check(cublasLtMatmul(handle_, prepared.description.value, alpha, first, prepared.first.value, second,
                         prepared.second.value, beta, out, prepared.out.value, out, prepared.out.value,
                         &prepared.algorithm, workspace_.data(), kWorkspaceBytes, stream()));
    check_library_call("gemm");
    return true;
  }

 private:
  const Prepared& prepare(const GemmPlan& plan, const Product& product, const void* out, const void* first,
                          const void* second) {
    const int64_t flags = static_cast<int64_t>(product.operands) |
                          static_cast<int64_t>(product.out_type) << 4 | int64_t{product.tensor_float} << 8 |
                          static_cast<int64_t>(product.epilogue) << 16 |
                          int64_t{plan.first.transposed} << 10 | int64_t{plan.second.transposed} << 11 |
                          int64_t{product.beta != 0} << 12;
    const int64_t alignments =
        alignment_of(out) | int64_t{alignment_of(first)} << 16 | int64_t{alignment_of(second)} << 32 |
        int64_t{alignment_of(uses_bias(product.epilogue) ? product.bias : nullptr)} << 48;
    const Key key{flags,
                  alignments,
                  plan.rows,
                  plan.columns,
                  plan.inner,
                  plan.batch,
                  plan.first.ld,
                  plan.second.ld,
                  plan.out.ld,
                  plan.first.batch_stride,
                  plan.second.batch_stride,
                  plan.out.batch_stride};
    if (const auto found = kept_.find(key); found != kept_.end()) return found->second;
    if (kept_.size() >= kMostKept) kept_.clear();
    Prepared& prepared = kept_[key];
    try {
      fill(prepared, plan, product, {alignment_of(first), alignment_of(second), alignment_of(out)});
    } catch (...) {
      kept_.erase(key);
      throw;
    }
    return prepared;
  }

  void fill(Prepared& prepared, const GemmPlan& plan, const Product& product,
            const std::array<uint32_t, 3>& alignment) {
    const bool wide = product.operands == DType::f64;
    check(cublasLtMatmulDescCreate(&prepared.description.value, compute_of(product),
                                   wide ? CUDA_R_64F : CUDA_R_32F));
    cublasLtMatmulDesc_t description = prepared.description.value;
    set(description, CUBLASLT_MATMUL_DESC_TRANSA, plan.first.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(description, CUBLASLT_MATMUL_DESC_TRANSB, plan.second.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(description, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue_of(product.epilogue));
    if (uses_bias(product.epilogue)) set(description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, product.bias);
    describe(prepared.first, product.operands, plan.rows, plan.inner, plan.first, plan.batch);
    describe(prepared.second, product.operands, plan.inner, plan.columns, plan.second, plan.batch);
    describe(prepared.out, product.out_type, plan.rows, plan.columns, plan.out, plan.batch);

    Preference preference;
    check(cublasLtMatmulPreferenceCreate(&preference.value));
    set(preference.value, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes);
    set(preference.value, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment[0]);
    set(preference.value, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment[1]);
    set(preference.value, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment[2]);
    set(preference.value, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment[2]);
    cublasLtMatmulHeuristicResult_t best{};
    int found = 0;
    const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
        handle_, description, prepared.first.value, prepared.second.value, prepared.out.value,
        prepared.out.value, preference.value, 1, &best, &found);
    prepared.exists = status == CUBLAS_STATUS_SUCCESS && found > 0 && best.state == CUBLAS_STATUS_SUCCESS;
    if (!prepared.exists && product.epilogue == Epilogue::none)
      fail<DeviceError>("gemm: cuBLASLt has no algorithm for {} x {} x {}, batch {}, of {}: {}", plan.rows,
                        plan.columns, plan.inner, plan.batch, name(product.operands),
                        cublasLtGetStatusString(status));
    prepared.algorithm = best.algo;
  }

  std::mutex mutex_;
  cublasLtHandle_t handle_ = nullptr;
  Scratch workspace_;  // one is enough: products of a device run one after the other
  std::unordered_map<Key, Prepared, HashKey> kept_;
};

}  // namespace

EpilogueRequest request_of(const GemmArgs& args) {
  const ConstView& bias = args.bias;
  return {.bias = static_cast<bool>(bias),
          .bias_dense = !bias || bias.numel() == 1 || bias.strides[0] == 1,
          .bias_alignment = bias ? alignment_of(bias.data) : 0,
          .activation = args.activation,
          .library_activations = library_activations_allowed()};
}

bool multiply(const GemmPlan& plan, const Product& product) {
  const auto in_bytes = static_cast<int64_t>(item_size(product.operands)),
             out_bytes = static_cast<int64_t>(item_size(product.out_type));
  const auto* first = static_cast<const std::byte*>(plan.b_first ? product.b : product.a);
  const auto* second = static_cast<const std::byte*>(plan.b_first ? product.a : product.b);
  auto* out = static_cast<std::byte*>(product.out);
  Library& lt = of_device<Library>(current_device());
  bool first_call = true, done = true;
  for_each_call(plan, [&](int64_t o, int64_t i, int64_t j) {
    if (!done) return;
    done = lt.run(plan, product, out + o * out_bytes, first + i * in_bytes, second + j * in_bytes);
    if (!done && !first_call)
      fail<DeviceError>("gemm: cuBLASLt has an algorithm for some products of a batch only");
    first_call = false;
  });
  return done;
}

bool multiply_with_row_sums(const GemmArgs& args, const View& sums, int device) {
  if (args.out.numel() == 0 || args.a.shape.back() == 0) return false;
  if (!walkable(args.out) || !walkable(args.a) || !walkable(args.b)) return false;
  if (args.precision == Precision::bf16 && args.a.dtype == DType::f32)
    return false;  // operands would be copied
  const DeviceGuard guard(device);
  const GemmPlan plan = plan_gemm(args.out, args.a, args.b);
  const DType dtype = args.a.dtype;
  if (choose_epilogue(plan, dtype, args.out.dtype, {.row_sums = true}) == Epilogue::none) return false;
  return multiply(plan, {.operands = dtype,
                         .out_type = args.out.dtype,
                         .tensor_float = tensor_float_allowed(),
                         .out = args.out.data,
                         .a = args.a.data,
                         .b = args.b.data,
                         .epilogue = Epilogue::row_sums,
                         .bias = sums.data});
}

}  // namespace infograd::cuda
