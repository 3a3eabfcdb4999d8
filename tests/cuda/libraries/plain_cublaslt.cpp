// cuBLASLt by plain loops over columns, as its documentation means it: it refuses what the library does not
// take.
#include "tests/cuda/libraries/plain_cublaslt.h"

#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <vector>

#include <cublasLt.h>

#include <infograd/core/dtype.h>

#include "tests/cuda/streams/lazy_cuda.h"

namespace infograd::plain {
namespace {

bool epilogues_refused = false;

struct Description {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  std::map<int, std::vector<char>> set = {};

  template <class T>
  T get(int attribute, T otherwise) const {
    const auto found = set.find(attribute);
    if (found != set.end()) std::memcpy(&otherwise, found->second.data(), sizeof(T));
    return otherwise;
  }
};
struct Matrix {
  cudaDataType_t type;
  int64_t rows, columns, ld;
  int32_t batch = 1;
  int64_t stride = 0;
};
/// What an algorithm was found for.
struct Found {
  int64_t m, n, k;
  uint64_t bias_alignment;
};

double read(cudaDataType_t type, const void* data, int64_t i) {
  if (type == CUDA_R_64F) return static_cast<const double*>(data)[i];
  if (type == CUDA_R_32F) return static_cast<double>(static_cast<const float*>(data)[i]);
  return static_cast<double>(static_cast<float>(static_cast<const bfloat16*>(data)[i]));
}
void write(cudaDataType_t type, void* data, int64_t i, double value) {
  if (type == CUDA_R_64F)
    static_cast<double*>(data)[i] = value;
  else if (type == CUDA_R_32F)
    static_cast<float*>(data)[i] = static_cast<float>(value);
  else
    static_cast<bfloat16*>(data)[i] = bfloat16(static_cast<float>(value));
}

uint64_t alignment_of(const void* address) {
  uint64_t alignment = 256;
  while (reinterpret_cast<uintptr_t>(address) % alignment != 0) alignment /= 2;
  return alignment;
}

struct Call {
  Description description;
  Matrix a, b, c, d;
  bool transposed_a, transposed_b;
  uint32_t epilogue;
  int64_t m, n, k;

  Call(const Description& of, const Matrix& a_, const Matrix& b_, const Matrix& c_, const Matrix& d_)
      : description(of),
        a(a_),
        b(b_),
        c(c_),
        d(d_),
        transposed_a(of.get<int32_t>(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_N) == CUBLAS_OP_T),
        transposed_b(of.get<int32_t>(CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_N) == CUBLAS_OP_T),
        epilogue(of.get<uint32_t>(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_DEFAULT)),
        m(transposed_a ? a.columns : a.rows),
        n(transposed_b ? b.rows : b.columns),
        k(transposed_a ? a.rows : a.columns) {}

  const void* bias() const {
    return description.get<const void*>(CUBLASLT_MATMUL_DESC_BIAS_POINTER, nullptr);
  }

  cublasStatus_t status() const {
    for (const Matrix* x : {&a, &b, &c, &d})
      if (x->ld < x->rows || x->batch != d.batch) return CUBLAS_STATUS_INVALID_VALUE;
    if ((transposed_b ? b.columns : b.rows) != k || d.rows != m || d.columns != n || c.rows != m ||
        c.columns != n)
      return CUBLAS_STATUS_INVALID_VALUE;
    if (d.batch > 1 && d.stride < d.ld * (n - 1) + m) return CUBLAS_STATUS_INVALID_VALUE;  // overlap
    const bool plain = epilogue == CUBLASLT_EPILOGUE_DEFAULT;
    const bool f64 = description.compute == CUBLAS_COMPUTE_64F;
    if (description.scale != (f64 ? CUDA_R_64F : CUDA_R_32F) || a.type != b.type || c.type != d.type)
      return CUBLAS_STATUS_NOT_SUPPORTED;
    if (f64)
      return a.type == CUDA_R_64F && d.type == CUDA_R_64F && plain ? ok() : CUBLAS_STATUS_NOT_SUPPORTED;
    if (description.compute == CUBLAS_COMPUTE_32F_FAST_TF32 && a.type != CUDA_R_32F)
      return CUBLAS_STATUS_NOT_SUPPORTED;
    if (a.type == CUDA_R_32F ? d.type != CUDA_R_32F : a.type != CUDA_R_16BF || d.type == CUDA_R_64F)
      return CUBLAS_STATUS_NOT_SUPPORTED;
    if (plain) return ok();
    const bool gradient = epilogue == CUBLASLT_EPILOGUE_BGRADB;
    if (epilogues_refused || (gradient && (d.batch > 1 || a.type != d.type)))
      return CUBLAS_STATUS_NOT_SUPPORTED;
    const bool has_bias = gradient || (epilogue & CUBLASLT_EPILOGUE_BIAS) != 0;
    return has_bias && (bias() == nullptr || alignment_of(bias()) < 16) ? CUBLAS_STATUS_INVALID_VALUE : ok();
  }
  static cublasStatus_t ok() { return CUBLAS_STATUS_SUCCESS; }

  double at(const Matrix& x, bool transposed, const void* data, int64_t batch, int64_t i, int64_t j) const {
    if (transposed) std::swap(i, j);
    return read(x.type, data, batch * x.stride + j * x.ld + i);
  }

  void run(double alpha, const void* a_data, const void* b_data, double beta, void* out) const {
    const bool add_bias = (epilogue & CUBLASLT_EPILOGUE_BIAS) != 0;
    for (int64_t batch = 0; batch < d.batch; ++batch)
      for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < m; ++i) {
          double sum = 0;
          for (int64_t l = 0; l < k; ++l)
            sum += at(a, transposed_a, a_data, batch, i, l) * at(b, transposed_b, b_data, batch, l, j);
          const int64_t place = batch * d.stride + j * d.ld + i;
          double value = alpha * sum;
          if (beta != 0) value += beta * read(d.type, out, place);
          if (add_bias) value += read(d.type, bias(), i);
          if ((epilogue & CUBLASLT_EPILOGUE_RELU) != 0) value = value > 0 ? value : 0;
          if ((epilogue & CUBLASLT_EPILOGUE_GELU) != 0)
            value *= 0.5 * (1 + std::tanh(0.7978845608028654 * (value + 0.044715 * value * value * value)));
          write(d.type, out, place, value);
        }
    if (epilogue != CUBLASLT_EPILOGUE_BGRADB) return;
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < k; ++l) sum += at(b, transposed_b, b_data, 0, l, j);
      write(d.type, const_cast<void*>(bias()), j, sum);
    }
  }
};

template <class T, class Handle>
const T& of(Handle handle) {
  return *reinterpret_cast<const T*>(handle);
}
template <class Handle, class T>
cublasStatus_t make(Handle* out, T value) {
  *out = reinterpret_cast<Handle>(new T(std::move(value)));
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

void refuse_epilogues(bool on) {
  epilogues_refused = on;
}

}  // namespace infograd::plain

using namespace infograd;
using namespace infograd::plain;

extern "C" {

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  static int one;
  *handle = reinterpret_cast<cublasLtHandle_t>(&one);
  return CUBLAS_STATUS_SUCCESS;
}
const char* cublasLtGetStatusString(cublasStatus_t status) {
  return status == CUBLAS_STATUS_NOT_SUPPORTED ? "not supported" : "invalid value";
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* out, cublasComputeType_t compute,
                                        cudaDataType_t scale) {
  return make(out, Description{compute, scale});
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t d) {
  delete &of<Description>(d);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t d, cublasLtMatmulDescAttributes_t what,
                                              const void* value, size_t bytes) {
  if (bytes != (what == CUBLASLT_MATMUL_DESC_BIAS_POINTER ? 8 : 4)) return CUBLAS_STATUS_INVALID_VALUE;
  const char* from = static_cast<const char*>(value);
  reinterpret_cast<Description*>(d)->set[what].assign(from, from + bytes);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* out, cudaDataType_t type, uint64_t rows,
                                          uint64_t columns, int64_t ld) {
  return make(out, Matrix{type, static_cast<int64_t>(rows), static_cast<int64_t>(columns), ld});
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete &of<Matrix>(layout);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t what, const void* value,
                                                size_t bytes) {
  auto* matrix = reinterpret_cast<Matrix*>(layout);
  if (what == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT && bytes == sizeof matrix->batch)
    std::memcpy(&matrix->batch, value, bytes);
  else if (what == CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET && bytes == sizeof matrix->stride)
    std::memcpy(&matrix->stride, value, bytes);
  else
    return CUBLAS_STATUS_INVALID_VALUE;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* out) {
  return make(out, 0);
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete &of<int>(preference);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t,
                                                    cublasLtMatmulPreferenceAttributes_t what, const void*,
                                                    size_t bytes) {
  return bytes == (what == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES ? 8 : 4) ? CUBLAS_STATUS_SUCCESS
                                                                             : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t description,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t, int,
                                              cublasLtMatmulHeuristicResult_t* results, int* count) {
  const Call call(of<Description>(description), of<Matrix>(a), of<Matrix>(b), of<Matrix>(c), of<Matrix>(d));
  *count = call.status() == CUBLAS_STATUS_SUCCESS ? 1 : 0;
  if (*count == 0) return call.status();
  const Found found{call.m, call.n, call.k, call.bias() != nullptr ? alignment_of(call.bias()) : 0};
  static_assert(sizeof found <= sizeof results->algo);
  std::memcpy(&results->algo, &found, sizeof found);
  results->state = CUBLAS_STATUS_SUCCESS;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t description, const void* alpha,
                              const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                              cublasLtMatrixLayout_t b_layout, const void* beta, const void* c,
                              cublasLtMatrixLayout_t c_layout, void* d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t* algorithm, void*, size_t, cudaStream_t stream) {
  const Call call(of<Description>(description), of<Matrix>(a_layout), of<Matrix>(b_layout),
                  of<Matrix>(c_layout), of<Matrix>(d_layout));
  Found found{};
  std::memcpy(&found, algorithm, sizeof found);
  if (call.status() != CUBLAS_STATUS_SUCCESS || c != d || found.m != call.m || found.n != call.n ||
      found.k != call.k || (call.bias() != nullptr && alignment_of(call.bias()) < found.bias_alignment))
    return CUBLAS_STATUS_INVALID_VALUE;
  const cudaDataType_t scale = call.description.scale;
  lazy::run_on(stream, [call, a, b, d, alpha = read(scale, alpha, 0), beta = read(scale, beta, 0)] {
    call.run(alpha, a, b, beta, d);
  });
  return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
