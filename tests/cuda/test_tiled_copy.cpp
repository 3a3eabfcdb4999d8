// Tiled copies run on the host, against the reference backend.
#include <gtest/gtest.h>

#include <infograd/backends/cuda/tiled_copy.h>

#include "tests/backends/helpers.h"

namespace infograd::cuda {
namespace {

using infograd::test::reference;
using infograd::test::values;
using infograd::test::wave;

TEST(CudaTiledCopy, MovesEveryElementOnce) {
  struct Case {
    Shape shape;
    Strides x;
  };
  for (const auto& [shape, x_strides] :
       {Case{{40, 70}, {1, 40}}, Case{{16, 16}, {1, 16}}, Case{{3, 33, 65}, {2145, 1, 33}},
        Case{{2, 20, 3, 31}, {1860, 1, 620, 20}}, Case{{17, 20}, {1, 100}}}) {
    SCOPED_TRACE(to_string(shape));
    const Tensor x = wave({8000}, 0.2, 1, 0, DType::f32), out = empty(shape), expected = empty(shape);
    const ConstView from(x.raw_data(), DType::f32, shape, x_strides);
    const auto tiles = tiles_of(collapse<2>(shape, {&out.strides(), &x_strides}));
    ASSERT_TRUE(tiles);
    const TiledCopy<float> copy{*tiles, out.data<float>(), from.as<float>()};
    for (uint32_t block = 0; block < tiles->count; ++block) {
      TiledCopy<float>::Tile tile;
      for (int t = 0; t < kThreads; ++t) copy.read(block, t, tile);
      for (int t = 0; t < kThreads; ++t) copy.write(block, t, tile);
    }
    reference().copy(View(expected), from);
    EXPECT_EQ(values(out), values(expected));
  }
  const auto fits = [](const Shape& shape, const Strides& out, const Strides& x) {
    return tiles_of(collapse<2>(shape, {&out, &x})).has_value();
  };
  EXPECT_FALSE(fits({40, 70}, {70, 1}, {100, 1})) << "dense along the same axis";
  EXPECT_FALSE(fits({40, 70}, {70, 1}, {2, 80})) << "x is dense along none";
  EXPECT_FALSE(fits({15, 70}, {70, 1}, {1, 15})) << "too short";
  EXPECT_FALSE(fits({70}, {1}, {2}));
}

}  // namespace
}  // namespace infograd::cuda
