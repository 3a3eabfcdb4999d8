// Matrix products: strides that cuBLAS cannot walk cost a copy, activations a pass of our own
// unless epilogue.h says that the library does them.
#include <optional>

#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/products.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/backends/cuda_device.h>
#include <infograd/core/check.h>

namespace infograd {

using namespace cuda;

namespace {

/// An operand as the library wants it; the copy, if one is needed, lives as long as this.
class Packed {
 public:
  Packed(Backend& backend, const ConstView& v, DType dtype) : view_(v) {
    if (v.dtype == dtype && walkable(v)) return;
    const View copy = room(v.shape, dtype);
    backend.copy(copy, v);
    view_ = copy;
  }
  const ConstView& view() const { return view_; }

 private:
  View room(const Shape& shape, DType dtype) {
    memory_.emplace(static_cast<size_t>(shape.numel()) * item_size(dtype));
    return {memory_->data(), dtype, shape, contiguous_strides(shape)};
  }
  std::optional<Scratch> memory_;
  ConstView view_;
};

/// `out` is walkable and not empty, the product has terms.
void multiply_into(Backend& backend, const GemmArgs& args) {
  const bool to_bf16 = args.precision == Precision::bf16 && args.a.dtype == DType::f32;
  const DType operands = to_bf16 ? DType::bf16 : args.a.dtype;
  const Packed a(backend, args.a, operands), b(backend, args.b, operands);
  const GemmPlan plan = plan_gemm(args.out, a.view(), b.view());
  const EpilogueRequest request = request_of(args);
  Product product{.operands = operands,
                  .out_type = args.out.dtype,
                  .tensor_float = tensor_float_allowed(),
                  .out = args.out.data,
                  .a = a.view().data,
                  .b = b.view().data,
                  .epilogue = choose_epilogue(plan, operands, args.out.dtype, request),
                  .bias = args.bias.data,
                  .alpha = args.alpha,
                  .beta = args.beta};
  if (!multiply(plan, product)) {
    product.epilogue = Epilogue::none;
    multiply(plan, product);
  }
  const Remaining rest = remaining_after(product.epilogue, request);
  bias_activation(args.out, rest.bias ? args.bias : ConstView(), rest.activation);
}

}  // namespace

void CudaBackend::gemm(const GemmArgs& args) {
  const View& out = args.out;
  if (out.numel() == 0) return;
  check<DTypeError>(is_floating(out.dtype), "gemm is not defined for {}", infograd::name(out.dtype));
  const DeviceGuard guard(index_);
  if (args.a.shape.back() == 0) {  // no terms: bias + beta * out
    if (args.beta == 0)
      fill(out, 0);
    else
      unary(UnaryOp::affine, out, out, args.beta, 0);
    return bias_activation(out, args.bias, args.activation);
  }
  if (walkable(out)) return multiply_into(*this, args);
  const Scratch room(static_cast<size_t>(out.numel()) * item_size(out.dtype));
  GemmArgs packed = args;
  packed.out = View(room.data(), out.dtype, out.shape, contiguous_strides(out.shape));
  if (args.beta != 0) copy(packed.out, out);
  multiply_into(*this, packed);
  copy(out, packed.out);
}

}  // namespace infograd
