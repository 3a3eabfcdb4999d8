// Known answers published with Random123 (Salmon et al. 2011), kat_vectors of philox4x32-10.
#include <set>

#include <gtest/gtest.h>

#include <infograd/core/generator.h>
#include <infograd/core/philox.h>

namespace infograd {
namespace {

using Block = std::array<uint32_t, 4>;

TEST(Philox, PublishedKnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, BlocksOfOneDrawAreConsecutiveCounters) {
  const PhiloxKey key{7, 3, 100};
  const PhiloxKey later{7, 3, 105};
  EXPECT_EQ(philox_block(key, 5), philox_block(later, 0));
}

TEST(Generator, TakeReservesWholeBlocks) {
  Generator generator(1);
  EXPECT_EQ(generator.take(5).offset, 0U);
  EXPECT_EQ(generator.take(1).offset, 2U);
  EXPECT_EQ(generator.take(0).offset, 3U);
  EXPECT_EQ(generator.take(4).offset, 3U);
}

TEST(Generator, StateRoundTripContinuesTheSequence) {
  Generator a(42);
  a.uniform();
  a.split();
  const Generator::State state = a.state();
  const double next = a.uniform();
  const uint64_t next_child = a.split().state()[1];
  Generator b;
  b.set_state(state);
  EXPECT_EQ(b.uniform(), next);
  EXPECT_EQ(b.split().state()[1], next_child);
}

TEST(Generator, SplitsUseStreamsOfTheirOwn) {
  Generator root(5);
  std::set<uint64_t> streams{root.state()[1]};
  for (int i = 0; i < 1000; ++i) {
    Generator child = root.split();
    EXPECT_TRUE(streams.insert(child.state()[1]).second);
    EXPECT_TRUE(streams.insert(child.split().state()[1]).second);
  }
}

TEST(Generator, BelowIsUniform) {
  Generator generator(3);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60000; ++i) ++counts[generator.below(6)];
  for (int count : counts) EXPECT_NEAR(count, 10000, 4 * 91.3);  // 4 binomial standard deviations
}

TEST(Generator, NormalHasUnitMoments) {
  Generator generator(4);
  double sum = 0, squares = 0;
  const int n = 40000;
  for (int i = 0; i < n; ++i) {
    const double x = generator.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / n, 0, 4 / 200.0);
  EXPECT_NEAR(squares / n, 1, 4 * 1.4142 / 200.0);
}

}  // namespace
}  // namespace infograd
