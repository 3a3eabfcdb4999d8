#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include <infograd/core/error.h>
#include <infograd/nn/data/loader.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/random_ops.h>

namespace infograd {
namespace {

using data::Batch;
using data::DataLoader;
using data::LoaderOptions;

data::Dataset numbers(int64_t n) {
  return {arange(0, static_cast<double>(n), 1, DType::f32), arange(n)};
}

// The labels of every batch of one epoch, in order.
std::vector<std::vector<int64_t>> epoch(DataLoader& loader) {
  std::vector<std::vector<int64_t>> result;
  for (Batch& batch : loader) result.push_back(batch.labels.to_vector<int64_t>());
  return result;
}

class Loader : public testing::TestWithParam<int> {
 protected:
  LoaderOptions options(LoaderOptions base = {}) const {
    base.prefetch = GetParam();
    return base;
  }
};
INSTANTIATE_TEST_SUITE_P(Prefetch, Loader, testing::Values(0, 1, 4));

TEST_P(Loader, GivesEverySampleOnceInANewOrderEachEpoch) {
  DataLoader loader(numbers(10), options({.batch_size = 4}));
  EXPECT_EQ(loader.batches(), 3);
  EXPECT_EQ(loader.samples(), 10);
  const auto first = epoch(loader), second = epoch(loader);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[2].size(), 2U);
  EXPECT_NE(first, second);
  for (const auto& one : {first, second}) {
    std::multiset<int64_t> seen;
    for (const auto& batch : one) seen.insert(batch.begin(), batch.end());
    EXPECT_THAT(seen, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  }
}

TEST_P(Loader, ImagesAndLabelsStayTogetherAndBatchesKnowTheirPlace) {
  DataLoader loader(numbers(10), options({.batch_size = 4, .drop_last = true}));
  EXPECT_EQ(loader.batches(), 2);
  EXPECT_EQ(loader.samples(), 8);
  for (int64_t e = 0; e < 2; ++e) {
    int64_t index = 0;
    for (Batch& batch : loader) {
      EXPECT_EQ(batch.epoch, e);
      EXPECT_EQ(batch.index, index++);
      EXPECT_EQ(batch.images.to(DType::i64).to_vector<int64_t>(), batch.labels.to_vector<int64_t>());
    }
    EXPECT_EQ(index, 2);
  }
}

TEST_P(Loader, WithoutShuffleKeepsTheOrder) {
  DataLoader loader(numbers(5), options({.batch_size = 2, .shuffle = false}));
  const std::vector<std::vector<int64_t>> expected{{0, 1}, {2, 3}, {4}};
  EXPECT_EQ(epoch(loader), expected);
  EXPECT_EQ(epoch(loader), expected);
}

TEST_P(Loader, ResumesExactlyFromEveryPosition) {
  const auto fetch = [](const Tensor& indices, Generator& generator) {
    return Batch{rand_uniform({indices.numel()}, 0, 1, DType::f32, generator), indices};
  };
  const auto make = [&] {
    return DataLoader(10, fetch, options({.batch_size = 3, .generator = Generator(7)}));
  };
  constexpr int kSteps = 13;  // with the ends of epochs: a bit more than two and a half epochs
  const auto describe = [](const std::optional<Batch>& batch) {
    return batch ? to_string(batch->images) + to_string(batch->labels) + std::to_string(batch->epoch)
                 : std::string("end");
  };
  std::vector<std::string> whole;
  std::vector<data::LoaderState> positions;
  DataLoader loader = make();
  for (int step = 0; step < kSteps; ++step) {
    positions.push_back(loader.state());
    whole.push_back(describe(loader.next()));
  }
  for (size_t start = 0; start < kSteps; ++start) {
    DataLoader resumed = make();
    if (start % 2 == 0) resumed.next();  // also from a loader that is already running
    resumed.load(positions[start]);
    EXPECT_EQ(resumed.state(), positions[start]);
    for (size_t step = start; step < kSteps; ++step)
      EXPECT_EQ(describe(resumed.next()), whole[step]) << start << ' ' << step;
  }
}

TEST_P(Loader, StreamDoesNotDependOnPrefetchNorOnTheDefaultGenerator) {
  DataLoader plain(numbers(20), {.batch_size = 3, .prefetch = 0}),
      other(numbers(20), options({.batch_size = 3}));
  const Generator::State before = default_generator().state();
  EXPECT_EQ(epoch(plain), epoch(other));
  EXPECT_EQ(epoch(plain), epoch(other));
  EXPECT_EQ(default_generator().state(), before);
}

TEST_P(Loader, CarriesExceptionsOverAndCanGoOn) {
  bool broken = true;  // read by the fetching thread only while this one waits for it
  const auto fetch = [&](const Tensor& indices, Generator&) {
    if (broken && indices.to_vector<int64_t>()[0] == 2) throw IoError("disk on fire");
    return Batch{indices, indices};
  };
  DataLoader loader(6, fetch, options({.batch_size = 2, .shuffle = false}));
  EXPECT_TRUE(loader.next().has_value());
  EXPECT_THROW(loader.next(), IoError);
  EXPECT_EQ(loader.state().batch, 1);
  EXPECT_THROW(loader.next(), IoError);
  broken = false;
  EXPECT_EQ(loader.next()->labels.to_vector<int64_t>(), (std::vector<int64_t>{2, 3}));
}

TEST_P(Loader, CanBeDroppedAndMovedAtAnyTime) {
  for (int taken = 0; taken < 4; ++taken) {
    DataLoader loader(numbers(100), options({.batch_size = 10}));
    for (int i = 0; i < taken; ++i) loader.next();
    DataLoader moved = std::move(loader);
    EXPECT_TRUE(moved.next().has_value());
  }
}

TEST(LoaderErrors, NameTheValues) {
  EXPECT_THROW(DataLoader({zeros({3, 2}), arange(2)}), ShapeError);
  EXPECT_THROW(DataLoader(data::Dataset{}), ValueError);
  EXPECT_THROW(DataLoader(numbers(3), {.batch_size = 0}), ValueError);
  EXPECT_THROW(DataLoader(3, data::Fetch{}), ValueError);
  DataLoader loader(numbers(4), {.batch_size = 2, .shuffle = false});
  EXPECT_TRUE(loader.next().has_value());
  EXPECT_THROW(loader.load({0, 3, {}}), ValueError);
  EXPECT_THROW(loader.load({-1, 0, {}}), ValueError);
  EXPECT_EQ(loader.next()->labels.to_vector<int64_t>(), (std::vector<int64_t>{2, 3}))
      << "a refused position changed the loader";
}

}  // namespace
}  // namespace infograd
