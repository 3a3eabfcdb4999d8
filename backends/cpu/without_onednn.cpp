// What onednn_kernels.h declares, in a build without oneDNN.
#include <infograd/backends/cpu/onednn_kernels.h>

namespace infograd::onednn {

std::string version() {
  return "none";
}
bool available() {
  return false;
}
bool has_avx512() {
  return false;
}
bool has_fast_bf16() {
  return false;
}
bool gemm(Backend& /*backend*/, const GemmArgs& /*args*/) {
  return false;
}
bool sgemm(int64_t /*m*/, int64_t /*n*/, int64_t /*k*/, float /*alpha*/, blas::Matrix<const float> /*a*/,
           blas::Matrix<const float> /*b*/, float /*beta*/, blas::Matrix<float> /*c*/) {
  return false;
}
bool conv(const ConvArgs& /*args*/) {
  return false;
}
bool take_relu(Activation& /*activation*/) {
  return false;
}

}  // namespace infograd::onednn
