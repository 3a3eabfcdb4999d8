// Private: which part of which pinned buffer a copy goes through. Pure: host tests read it.
#pragma once

#include <algorithm>
#include <cstddef>

namespace infograd::cuda {

/// Buffers of one size that are used in turn, each from its beginning to its end.
class StagingPlan {
 public:
  struct Piece {
    size_t buffer, offset, bytes;
    bool first;  ///< in this turn: what went through the buffer in the last one must have been copied
  };

  StagingPlan(size_t buffers, size_t bytes_each) : buffers_(buffers), bytes_each_(bytes_each) {}

  /// Room for at most `bytes` > 0: in the present buffer, or in the next where that is full.
  Piece next(size_t bytes) {
    if (used_ == bytes_each_) turn();
    const Piece piece{buffer_, used_, std::min(bytes, bytes_each_ - used_), used_ == 0};
    const size_t past = (used_ + piece.bytes + kAlignment - 1) / kAlignment * kAlignment;
    used_ = std::min(past, bytes_each_);
    return piece;
  }
  /// Begins the next buffer.
  void turn() {
    buffer_ = (buffer_ + 1) % buffers_;
    used_ = 0;
  }

 private:
  static constexpr size_t kAlignment = 256;
  size_t buffers_, bytes_each_, buffer_ = 0, used_ = 0;
};

}  // namespace infograd::cuda
