// Tensor: an 8-byte handle to a strided, typed view of shared storage. Copying aliases; mathematics is free
// functions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <infograd/core/device.h>
#include <infograd/core/dtype.h>
#include <infograd/core/shape.h>
#include <infograd/core/storage.h>

namespace infograd {

class Tensor;

/// What autograd attaches to a tensor; defined in autograd/meta.h, opaque here.
class INFOGRAD_API AutogradMeta {
 public:
  AutogradMeta() = default;
  AutogradMeta(const AutogradMeta&) = delete;
  AutogradMeta& operator=(const AutogradMeta&) = delete;
  virtual ~AutogradMeta();
  static void* operator new(size_t bytes);
  static void operator delete(void* memory, size_t bytes) noexcept;
};

/// The shared state behind a handle.
class INFOGRAD_API TensorImpl final : public RefCounted {
 public:
  TensorImpl(Ref<Storage> storage, int64_t offset, const Shape& shape, const Strides& strides, DType dtype);
  ~TensorImpl() override;

  Ref<Storage> storage;
  int64_t offset = 0;  ///< elements from the start of the storage
  Shape shape;
  Strides strides;
  int64_t numel = 0;
  DType dtype = DType::f32;
  bool contiguous = true;
  std::unique_ptr<AutogradMeta> autograd;  ///< null for most tensors
};

class INFOGRAD_API Tensor {
 public:
  /// Undefined: every op rejects it by name.
  Tensor() = default;
  explicit Tensor(Ref<TensorImpl> impl) : impl_(std::move(impl)) {}

  bool defined() const { return static_cast<bool>(impl_); }
  const Shape& shape() const { return impl().shape; }
  const Strides& strides() const { return impl().strides; }
  int rank() const { return impl().shape.rank(); }
  int64_t numel() const { return impl().numel; }
  /// Extent along `axis`; negative axes count from the end.
  int64_t size(int axis) const;
  DType dtype() const { return impl().dtype; }
  Device device() const { return impl().storage->device(); }
  /// Row-major without gaps.
  bool is_contiguous() const { return impl().contiguous; }

  /// Copy on another device; differentiable; the same tensor if it is already there. (ops/cast.cpp)
  Tensor to(Device device) const;
  /// Conversion; differentiable between floating types; the same tensor if already of that type.
  /// (ops/cast.cpp)
  Tensor to(DType dtype) const;
  /// The same values in row-major order; the same tensor if it already is. (ops/cast.cpp)
  Tensor contiguous() const;
  /// Always a copy, differentiable. (ops/cast.cpp)
  Tensor clone() const;
  /// An alias outside the graph.
  Tensor detach() const;

  /// The only element. Throws unless numel() == 1 and T is the dtype. Synchronises a device.
  template <class T>
  T item() const;
  /// The only element, any dtype, as double.
  double item() const;
  /// All elements, row-major. Throws unless T is the dtype. Synchronises a device.
  template <class T>
  std::vector<T> to_vector() const;
  /// Address of element 0 of this view; throws unless T is the dtype and the device is the CPU.
  template <class T>
  T* data() const;
  /// Address of element 0, untyped, any device.
  void* raw_data() const;

  // Autograd (autograd/tensor_autograd.cpp)
  bool requires_grad() const;
  /// Only for leaves of floating dtype. Returns *this.
  Tensor& set_requires_grad(bool on = true);
  /// True when no recorded op produced this tensor.
  bool is_leaf() const;
  /// Accumulated gradient of a leaf; undefined before the first backward.
  Tensor grad() const;
  void set_grad(Tensor grad);
  /// Drops the gradient (it is then undefined, not zero).
  void zero_grad();
  /// Back-propagates from this tensor. Without a seed it must have one element.
  void backward(const Tensor& seed = {}, bool retain_graph = false, bool create_graph = false) const;

  /// Version of the storage: counts in-place writes.
  uint32_t version() const { return impl().storage->version(); }
  bool is_same(const Tensor& other) const { return impl_ == other.impl_; }
  TensorImpl& impl() const;

 private:
  Ref<TensorImpl> impl_;
};

/// New contiguous tensor, not initialised.
INFOGRAD_API Tensor empty(const Shape& shape, DType dtype = DType::f32, Device device = cpu);
/// New tensor with given strides over fresh storage (for channels-last outputs), not initialised.
/// The strides must address distinct elements within numel() (a permutation of row-major).
INFOGRAD_API Tensor empty_strided(const Shape& shape, const Strides& strides, DType dtype,
                                  Device device = cpu);
/// Alias with other geometry, outside the graph. `offset` counts elements from the storage start. For op
/// authors.
INFOGRAD_API Tensor make_view(const Tensor& base, const Shape& shape, const Strides& strides, int64_t offset);

/// How values are printed.
struct PrintOptions {
  int precision = 4;
  int64_t threshold = 1000;  ///< more elements than this are summarised
  int64_t edge_items = 3;    ///< shown at each end when summarised
  int line_width = 100;
  bool scientific = false;
  bool shape_only = false;
};
/// "tensor f32[2, 2]\n[[1.0000, 2.0000],\n [3.0000, 4.0000]]"
INFOGRAD_API std::string to_string(const Tensor& tensor, const PrintOptions& options = {});

}  // namespace infograd
