#include <cmath>

#include <gmock/gmock.h>

#include <infograd/infograd.h>

namespace infograd {
namespace {

// Three groups of 40 points in ten dimensions, well apart.
Tensor groups(Generator& generator) {
  const Tensor centres = 10 * concat({eye(3), zeros({3, 7})}, 1);
  return concat({rand_normal({40, 10}, 0, 1, DType::f32, generator) + select(centres, 0, 0),
                 rand_normal({40, 10}, 0, 1, DType::f32, generator) + select(centres, 0, 1),
                 rand_normal({40, 10}, 0, 1, DType::f32, generator) + select(centres, 0, 2)});
}

TEST(Tsne, KeepsGroupsApart) {
  Generator generator(1);
  const auto y = nn::tsne(groups(generator), {.perplexity = 10}).to_vector<float>();
  ASSERT_EQ(y.size(), 240U);
  for (size_t i = 0; i < 120; ++i) {
    size_t nearest = i;
    double best = INFINITY;
    for (size_t j = 0; j < 120; ++j) {
      const double d = std::hypot(y[2 * i] - y[2 * j], y[2 * i + 1] - y[2 * j + 1]);
      if (j != i && d < best) best = d, nearest = j;
    }
    EXPECT_EQ(nearest / 40, i / 40) << "point " << i;
  }
}

TEST(Tsne, MapIsCentredAndRepeats) {
  Generator generator(2);
  const Tensor x = groups(generator);
  const Tensor y = nn::tsne(x, {.perplexity = 10, .iterations = 100});
  EXPECT_THAT(mean(y, {0}).to_vector<float>(), testing::Each(testing::FloatNear(0, 1e-4F)));
  EXPECT_EQ(nn::tsne(x, {.perplexity = 10, .iterations = 100}).to_vector<float>(), y.to_vector<float>());
}

TEST(Tsne, OneColumnKeepsItsOrder) {
  const auto y = nn::tsne(reshape(arange(60).to(DType::f32), {60, 1}), {.perplexity = 5}).to_vector<float>();
  int far = 0;  // neighbours on the line lie near each other in the map
  for (size_t i = 0; i + 10 < 60; ++i) {
    const double near = std::hypot(y[2 * i] - y[2 * i + 2], y[2 * i + 1] - y[2 * i + 3]);
    const double away = std::hypot(y[2 * i] - y[2 * i + 20], y[2 * i + 1] - y[2 * i + 21]);
    far += near > away;
  }
  EXPECT_LE(far, 2);
}

TEST(Tsne, RejectsWhatMakesNoSense) {
  EXPECT_THROW(nn::tsne(zeros({10})), ShapeError);
  EXPECT_THROW(nn::tsne(full({100, 2}, NAN)), ValueError);
  try {
    nn::tsne(zeros({30, 2}));
    FAIL();
  } catch (const ValueError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("perplexity 30 of 30 points"));
  }
}

}  // namespace
}  // namespace infograd
