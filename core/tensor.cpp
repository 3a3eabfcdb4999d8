#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include <infograd/core/check.h>
#include <infograd/core/checked_numel.h>
#include <infograd/core/dense.h>
#include <infograd/core/tensor.h>

namespace infograd {

namespace {

size_t checked_bytes(const Shape& shape, DType dtype, std::string_view op) {
  int64_t bytes = 0;
  const bool fits =
      !__builtin_mul_overflow(checked_numel(shape, op), static_cast<int64_t>(item_size(dtype)), &bytes);
  check<ShapeError>(fits, "{}: shape {} of {} does not fit into 2^63 bytes", op, shape, name(dtype));
  return static_cast<size_t>(bytes);
}

/// Calls visit(offset in elements) for every element of a view, row-major.
template <class F>
void for_each_offset(const Shape& shape, const Strides& strides, F visit) {
  const int64_t n = shape.numel();
  const int rank = shape.rank();
  Dims index = Dims::filled(rank, 0);
  int64_t offset = 0;
  for (int64_t i = 0; i < n; ++i) {
    visit(offset);
    for (int axis = rank - 1; axis >= 0; --axis) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace

TensorImpl::TensorImpl(Ref<Storage> storage_, int64_t offset_, const Shape& shape_, const Strides& strides_,
                       DType dtype_)
    : storage(std::move(storage_)),
      offset(offset_),
      shape(shape_),
      strides(strides_),
      numel(shape_.numel()),
      dtype(dtype_),
      contiguous(infograd::is_contiguous(shape_, strides_)) {}

TensorImpl::~TensorImpl() = default;

TensorImpl& Tensor::impl() const {
  if (!impl_) [[unlikely]]
    throw ValueError("an undefined tensor was used; it was default-constructed or has no gradient yet");
  return *impl_;
}

int64_t Tensor::size(int axis) const {
  return shape()[normalize_axis(axis, rank(), "size")];
}

void* Tensor::raw_data() const {
  const TensorImpl& self = impl();
  return static_cast<std::byte*>(self.storage->data()) +
         self.offset * static_cast<int64_t>(item_size(self.dtype));
}

Tensor Tensor::detach() const {
  const TensorImpl& self = impl();
  return Tensor(make_ref<TensorImpl>(self.storage, self.offset, self.shape, self.strides, self.dtype));
}

template <class T>
T* Tensor::data() const {
  check<DTypeError>(dtype() == dtype_of_v<T>,
                    "data<{}>: the tensor is {}; ask for its own type or convert it with .to()",
                    name(dtype_of_v<T>), describe(*this));
  if (!device().is_cpu())
    fail<DeviceError>("data<{}>: the tensor lives on {}; copy it with .to(cpu) first", name(dtype_of_v<T>),
                      to_string(device()));
  return static_cast<T*>(raw_data());
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  const Tensor host = to(cpu);
  const T* values = host.data<T>();
  std::vector<T> out;
  out.reserve(static_cast<size_t>(numel()));
  for_each_offset(host.shape(), host.strides(), [&](int64_t offset) { out.push_back(values[offset]); });
  return out;
}

template <class T>
T Tensor::item() const {
  check<ShapeError>(numel() == 1, "item: {} has {} elements, only one can be read; reduce or select first",
                    describe(*this), numel());
  return *to(cpu).data<T>();
}

double Tensor::item() const {
  switch (dtype()) {
    case DType::f32:
      return static_cast<double>(item<float>());
    case DType::f64:
      return item<double>();
    case DType::bf16:
      return static_cast<double>(static_cast<float>(item<bfloat16>()));
    case DType::i64:
      return static_cast<double>(item<int64_t>());
    case DType::u8:
      return static_cast<double>(item<uint8_t>());
    case DType::b8:
      return item<bool>() ? 1.0 : 0.0;
  }
  return 0;
}

#define INFOGRAD_INSTANTIATE(T)                     \
  template INFOGRAD_API T* Tensor::data<T>() const; \
  template INFOGRAD_API T Tensor::item<T>() const;  \
  template INFOGRAD_API std::vector<T> Tensor::to_vector<T>() const;
INFOGRAD_INSTANTIATE(float)
INFOGRAD_INSTANTIATE(double)
INFOGRAD_INSTANTIATE(bfloat16)
INFOGRAD_INSTANTIATE(int64_t)
INFOGRAD_INSTANTIATE(uint8_t)
INFOGRAD_INSTANTIATE(bool)
#undef INFOGRAD_INSTANTIATE

Tensor empty(const Shape& shape, DType dtype, Device device) {
  return Tensor(make_ref<TensorImpl>(make_ref<Storage>(checked_bytes(shape, dtype, "empty"), device), 0,
                                     shape, contiguous_strides(shape), dtype));
}

Tensor empty_strided(const Shape& shape, const Strides& strides, DType dtype, Device device) {
  const size_t bytes = checked_bytes(shape, dtype, "empty_strided");
  check<ShapeError>(shape.rank() == strides.rank() && (shape.numel() == 0 || is_dense(shape, strides)),
                    "empty_strided: strides {} do not lay out shape {} without gaps", strides, shape);
  return Tensor(make_ref<TensorImpl>(make_ref<Storage>(bytes, device), 0, shape, strides, dtype));
}

Tensor make_view(const Tensor& base, const Shape& shape, const Strides& strides, int64_t offset) {
  return Tensor(make_ref<TensorImpl>(base.impl().storage, offset, shape, strides, base.dtype()));
}

}  // namespace infograd
