// Tensors kept for backward, guarded by the version of their storage.
#pragma once

#include <cstdint>
#include <string_view>

#include <infograd/core/tensor.h>

namespace infograd {

/// An input kept for backward. get() throws ValueError, naming the op, if it was written in place since.
class INFOGRAD_API Saved {
 public:
  Saved() = default;
  explicit Saved(const Tensor& tensor);
  Tensor get() const;
  bool defined() const { return tensor_.defined(); }

 private:
  Tensor tensor_;
  uint32_t version_ = 0;
};

/// The op's own output kept for backward: held outside the graph (no cycle), and put back into it when read.
class INFOGRAD_API SavedOutput {
 public:
  SavedOutput() = default;
  explicit SavedOutput(const Tensor& output);
  Tensor get() const;

 private:
  Tensor detached_;
  uint32_t version_ = 0;
};

}  // namespace infograd
