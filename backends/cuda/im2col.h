// Private: convolution as products. Which views are multiplied into which is decided here, for a device that
// can multiply, copy, unfold and fold; host tests give it one that does so on the host.
#pragma once

#include <algorithm>
#include <optional>

#include <infograd/backends/cuda/im2col_body.h>

namespace infograd::cuda {

class ConvDevice {
 public:
  virtual ~ConvDevice() = default;
  /// Contiguous memory that lives as long as the device.
  virtual View room(const Shape& shape, DType dtype) = 0;
  virtual void copy(View out, ConstView x) = 0;
  virtual void gemm(const GemmArgs& args) = 0;
  /// out [1, C, 1, 1] = the sum of x over the other axes.
  virtual void sum_channels(View out, ConstView x) = 0;
  /// out [rows, C] = activation(out + bias) in place.
  virtual void bias_activation(View out, ConstView bias, Activation activation) = 0;
  /// patches = the values of x [images, C, H, W] under the windows.
  virtual void unfold(const ConvWindows& windows, ConstView x, View patches) = 0;
  /// x = the sums of what the windows say.
  virtual void fold(const ConvWindows& windows, View x, ConstView patches) = 0;
};

namespace detail {

/// The step of one axis that stands for several, given the fastest first; none if memory does not allow it.
inline std::optional<int64_t> merged_step(const ConstView& v, std::initializer_list<int> axes) {
  int64_t extent = 1, step = 1;
  for (const int axis : axes) {
    if (v.shape[axis] == 1) continue;
    if (extent == 1) step = v.strides[axis];
    if (v.strides[axis] != step * extent) return std::nullopt;
    extent *= v.shape[axis];
  }
  return step;
}

/// Images [B, C, H, W] as a matrix [B * H * W, C].
template <class V>
std::optional<V> as_rows(const V& v) {
  const auto step = merged_step(v, {3, 2, 0});
  if (!step) return std::nullopt;
  return V(v.data, v.dtype, {v.shape[0] * v.shape[2] * v.shape[3], v.shape[1]}, {*step, v.strides[1]});
}
/// Weights [O, C/g, kh, kw] as a matrix [O, taps], taps = (ky, kx, channel).
template <class V>
std::optional<V> as_taps(const V& v) {
  const auto step = merged_step(v, {1, 3, 2});
  if (!step) return std::nullopt;
  return V(v.data, v.dtype, {v.shape[0], v.shape[1] * v.shape[2] * v.shape[3]}, {v.strides[0], *step});
}

/// [A, H, W, C] as [A, C, H, W]: of images or weights.
inline View channels_second(const View& v) {
  return {v.data,
          v.dtype,
          {v.shape[0], v.shape[3], v.shape[1], v.shape[2]},
          {v.strides[0], v.strides[3], v.strides[1], v.strides[2]}};
}

/// `count` entries of the first axis.
template <class V>
V part(V v, int64_t first, int64_t count) {
  const auto bytes = first * v.strides[0] * static_cast<int64_t>(item_size(v.dtype));
  if constexpr (std::is_same_v<V, View>)
    v.data = static_cast<std::byte*>(v.data) + bytes;
  else
    v.data = static_cast<const std::byte*>(v.data) + bytes;
  v.shape[0] = count;
  return v;
}

/// A matrix [rows, groups * n] as [groups, rows, n].
template <class V>
V by_column_groups(const V& v, int64_t groups) {
  const int64_t n = v.shape[1] / groups;
  return V(v.data, v.dtype, {groups, v.shape[0], n}, {n * v.strides[1], v.strides[0], v.strides[1]});
}
/// A matrix [groups * n, columns] as [groups, n, columns].
template <class V>
V by_row_groups(const V& v, int64_t groups) {
  const int64_t n = v.shape[0] / groups;
  return V(v.data, v.dtype, {groups, n, v.shape[1]}, {n * v.strides[0], v.strides[0], v.strides[1]});
}
/// The matrices of [groups, rows, columns] the other way round.
template <class V>
V flipped(V v) {
  std::swap(v.shape[1], v.shape[2]);
  std::swap(v.strides[1], v.strides[2]);
  return v;
}

}  // namespace detail

/// One convolution. Patches of as many images as fit into `most_patches` elements are made at a time; their
/// contributions to the weights are added in the order of the images.
class Im2col {
 public:
  static constexpr int64_t kMostPatches = int64_t{1} << 26U;

  Im2col(ConvDevice& device, const ConvArgs& args, int64_t most_patches = kMostPatches)
      : device_(device), args_(args), windows_(args), dtype_(args.y.dtype) {
    const bool rounds = dtype_ == DType::f32 && args.precision == Precision::bf16;
    operands_ = rounds ? DType::bf16 : dtype_;
    sums_ = operands_ == DType::bf16 ? DType::f32 : dtype_;
    chunk_ = std::clamp<int64_t>(most_patches / std::max<int64_t>(windows_.patches_per_image(), 1), 1,
                                 std::max<int64_t>(args.x.shape[0], 1));
  }

  void run() {
    if (args_.pass == ConvPass::forward) return forward();
    if (args_.pass == ConvPass::data_grad) return data_grad();
    return weight_grad();
  }

 private:
  // Of each group: y [rows, outputs] = patches [rows, taps] times w^T [taps, outputs].
  void forward() {
    const std::optional<View> direct = detail::as_rows(args_.y);
    const View copy = direct ? View() : images_room(args_.y.shape, dtype_);
    const View y = direct ? *direct : *detail::as_rows(detail::channels_second(copy));
    const ConstView w = detail::flipped(detail::by_row_groups(weights(), args_.groups));
    const bool fused = args_.groups == 1;  // the bias of a product is one for all of a batch
    for_each_chunk([&](int64_t first, int64_t count, const View& room) {
      GemmArgs product;
      product.out = detail::by_column_groups(rows_of(y, first, count), args_.groups);
      product.a = patches(first, count, room);
      product.b = w;
      if (fused) product.bias = args_.bias, product.activation = args_.activation;
      device_.gemm(product);
    });
    if (!fused) device_.bias_activation(y, args_.bias, args_.activation);
    if (!direct) device_.copy(args_.y, detail::channels_second(copy));
  }

  // The gradients of the patches are y times w, and an image adds up those that read it.
  void data_grad() {
    const ConstView y = rows(args_.y), w = detail::by_row_groups(weights(), args_.groups);
    const auto product = [&](const View& out, int64_t first, int64_t count) {
      GemmArgs args;
      args.out = out;
      args.a = detail::by_column_groups(rows_of(y, first, count), args_.groups);
      args.b = w;
      device_.gemm(args);
    };
    const std::optional<View> direct = pointwise() ? detail::as_rows(args_.x) : std::nullopt;
    if (direct) return product(detail::by_column_groups(*direct, args_.groups), 0, args_.x.shape[0]);
    const View room = device_.room({chunk_ * windows_.patches_per_image()}, sums_);
    for (int64_t first = 0; first < args_.x.shape[0]; first += chunk_) {
      const int64_t count = std::min(chunk_, args_.x.shape[0] - first);
      const View gradients = patches_in(room, count);
      product(gradients, first, count);
      device_.fold(windows_, detail::part(args_.x, first, count), gradients);
    }
  }

  // w [outputs, taps] = y^T [outputs, rows] times patches [rows, taps], over all rows of all chunks.
  void weight_grad() {
    const ConstView y = rows(args_.y);
    const std::optional<View> direct = args_.w.dtype == sums_ ? detail::as_taps(args_.w) : std::nullopt;
    const View copy = direct ? View() : weights_room(sums_);
    const View w = direct ? *direct : *detail::as_taps(detail::channels_second(copy));
    for_each_chunk([&](int64_t first, int64_t count, const View& room) {
      GemmArgs product;
      product.out = detail::by_row_groups(w, args_.groups);
      product.a = detail::flipped(detail::by_column_groups(rows_of(y, first, count), args_.groups));
      product.b = patches(first, count, room);
      product.beta = first == 0 ? 0 : 1;
      device_.gemm(product);
    });
    if (!direct) device_.copy(args_.w, detail::channels_second(copy));
    if (!args_.bias) return;
    const View& bias = args_.bias;
    device_.sum_channels({bias.data, bias.dtype, {1, bias.shape[0], 1, 1}, {0, bias.strides[0], 0, 0}},
                         args_.y);
  }

  /// Windows of one pixel each, all in order: x is its own patches.
  bool pointwise() const {
    for (size_t axis = 0; axis < 2; ++axis)
      if (windows_.kernel[axis] != 1 || windows_.stride[axis] != 1 || windows_.pad[axis] != 0 ||
          windows_.count[axis] != windows_.extent[axis])
        return false;
    return true;
  }

  /// f(first image, how many, room for their patches).
  template <class F>
  void for_each_chunk(F&& f) {
    const int64_t images = args_.x.shape[0];
    if (pointwise()) {
      x_rows_ = rows(args_.x);
      return f(0, images, View());
    }
    const View room = device_.room({chunk_ * windows_.patches_per_image()}, operands_);
    for (int64_t first = 0; first < images; first += chunk_) f(first, std::min(chunk_, images - first), room);
  }

  /// The patches of some images, [groups, rows, taps].
  ConstView patches(int64_t first, int64_t count, const View& room) {
    if (x_rows_) return detail::by_column_groups(x_rows_, args_.groups);
    const View result = patches_in(room, count);
    device_.unfold(windows_, detail::part(ConstView(args_.x), first, count), result);
    return result;
  }
  View patches_in(const View& room, int64_t images) const {
    const Shape shape{args_.groups, images * windows_.windows_per_image(), windows_.taps()};
    return {room.data, room.dtype, shape, contiguous_strides(shape)};
  }

  template <class V>
  V rows_of(const V& matrix, int64_t first, int64_t count) const {
    return detail::part(matrix, first * windows_.windows_per_image(), count * windows_.windows_per_image());
  }

  /// Images as a matrix of the type that is multiplied.
  ConstView rows(const View& images) {
    if (images.dtype == operands_)
      if (const auto direct = detail::as_rows(images)) return *direct;
    const View copy = detail::channels_second(images_room(images.shape, operands_));
    device_.copy(copy, images);
    return *detail::as_rows(copy);
  }
  ConstView weights() {
    if (args_.w.dtype == operands_)
      if (const auto direct = detail::as_taps(args_.w)) return *direct;
    const View copy = detail::channels_second(weights_room(operands_));
    device_.copy(copy, args_.w);
    return *detail::as_taps(copy);
  }
  View images_room(const Shape& s, DType dtype) { return device_.room({s[0], s[2], s[3], s[1]}, dtype); }
  View weights_room(DType dtype) { return images_room(args_.w.shape, dtype); }

  ConvDevice& device_;
  const ConvArgs& args_;
  ConvWindows windows_;
  DType dtype_, operands_, sums_;  ///< of the tensors, of what is multiplied, of the sums of products
  int64_t chunk_;                  ///< images at a time
  ConstView x_rows_;               ///< of a pointwise convolution
};

}  // namespace infograd::cuda
