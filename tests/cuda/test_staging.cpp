// Which pinned buffer a copy goes through: small ones share, and none is overwritten before its turn.
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/backends/cuda/staging_plan.h>
#include <infograd/core/generator.h>

namespace infograd::cuda {
namespace {

TEST(CudaStagingPlan, SmallCopiesShareABuffer) {
  StagingPlan plan(2, 1 << 20);
  EXPECT_TRUE(plan.next(8).first);
  for (int i = 1; i < 4096; ++i) {
    const StagingPlan::Piece piece = plan.next(8);
    EXPECT_EQ(piece.buffer, 0U);
    EXPECT_EQ(piece.offset, static_cast<size_t>(256 * i));
    EXPECT_FALSE(piece.first) << "nothing waits";
  }
  const StagingPlan::Piece next = plan.next(8);
  EXPECT_EQ(next.buffer, 1U);
  EXPECT_TRUE(next.first);
}

TEST(CudaStagingPlan, ALargeCopyGoesInPieces) {
  StagingPlan plan(2, 1000);  // no multiple of the alignment
  plan.next(10);
  const StagingPlan::Piece a = plan.next(5000);
  EXPECT_EQ(a.offset, 256U);
  EXPECT_EQ(a.bytes, 744U);
  const StagingPlan::Piece b = plan.next(5000 - 744);
  EXPECT_EQ(b.buffer, 1U);
  EXPECT_EQ(b.bytes, 1000U);
  EXPECT_TRUE(b.first);
  EXPECT_EQ(plan.next(100).buffer, 0U);
}

// The device is as late as it may be: what is copied is read when its buffer comes up again, not before.
TEST(CudaStagingPlan, NothingIsOverwrittenBeforeItsTurn) {
  constexpr size_t kBytes = 4096;
  StagingPlan plan(2, kBytes);
  Generator random(3);
  std::vector<std::vector<uint8_t>> buffers(2, std::vector<uint8_t>(kBytes));
  struct Copy {
    StagingPlan::Piece piece;
    uint8_t value;
  };
  std::vector<std::vector<Copy>> queued(2);
  const auto arrive = [&](size_t buffer) {
    for (const Copy& copy : queued[buffer])
      for (size_t i = 0; i < copy.piece.bytes; ++i)
        ASSERT_EQ(buffers[buffer][copy.piece.offset + i], copy.value);
    queued[buffer].clear();
  };
  for (int trial = 0; trial < 2000; ++trial) {
    if (random.below(10) == 0) plan.turn();
    const auto value = static_cast<uint8_t>(random.below(256));
    for (size_t left = 1 + random.below(3 * kBytes); left > 0;) {
      const StagingPlan::Piece piece = plan.next(left);
      ASSERT_GT(piece.bytes, 0U);
      ASSERT_LE(piece.offset + piece.bytes, kBytes);
      if (piece.first) arrive(piece.buffer);
      std::fill_n(buffers[piece.buffer].begin() + static_cast<std::ptrdiff_t>(piece.offset), piece.bytes,
                  value);
      queued[piece.buffer].push_back({piece, value});
      left -= piece.bytes;
    }
  }
  arrive(0);
  arrive(1);
}

}  // namespace
}  // namespace infograd::cuda
