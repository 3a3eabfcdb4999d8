// Bilinear sampling against PyTorch in f64.
#include "tests/backends/helpers.h"
#include "tests/golden/backends.h"

namespace infograd {
namespace {

using namespace test;

struct GridCase {
  const char* name;
  bool align_corners;
  PaddingMode padding;
  const Values &y, &dx, &dgrid;
};
using namespace golden;
const GridCase kCases[] = {
    {"edges_zeros", false, PaddingMode::zeros, grid_edges_zeros_y, grid_edges_zeros_dx,
     grid_edges_zeros_dgrid},
    {"edges_border", false, PaddingMode::border, grid_edges_border_y, grid_edges_border_dx,
     grid_edges_border_dgrid},
    {"aligned_zeros", true, PaddingMode::zeros, grid_aligned_zeros_y, grid_aligned_zeros_dx,
     grid_aligned_zeros_dgrid},
    {"aligned_border", true, PaddingMode::border, grid_aligned_border_y, grid_aligned_border_dx,
     grid_aligned_border_dgrid},
};
struct GridSampleTest : testing::TestWithParam<GridCase> {};
INSTANTIATE_TEST_SUITE_P(Modes, GridSampleTest, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST_P(GridSampleTest, ForwardAndBackward) {
  const GridCase& c = GetParam();
  const Tensor x = transposed(wave({2, 3, 4, 5}, 2.2)), grid = transposed(wave({2, 3, 4, 2}, 2.3, 1.3));
  const Tensor y = empty({2, 3, 3, 4}, DType::f64), dy = wave({2, 3, 3, 4}, 2.4);
  const Tensor dx = make({2, 3, 4, 5}, Values(120, 0)), dgrid = empty({2, 3, 4, 2}, DType::f64);
  GridSampleArgs args;
  args.x = ConstView(x);
  args.grid = ConstView(grid);
  args.y = View(y);
  args.align_corners = c.align_corners;
  args.padding = c.padding;
  reference().grid_sample(args);
  expect_values(y, c.y, 1e-13);
  args.dy = ConstView(dy);
  args.dx = View(dx);
  args.dgrid = View(dgrid);
  reference().grid_sample_grad(args);
  expect_values(dx, c.dx, 1e-13);
  expect_values(dgrid, c.dgrid, 1e-12);
}

TEST(ReferenceGridSample, NonFinitePositionsReadNothing) {
  for (const double bad : {kNan, kInf, -kInf, 1e300}) {
    const Tensor x = make({1, 1, 2, 2}, {1, 2, 3, 4}), grid = make({1, 1, 1, 2}, {bad, 0}),
                 y = empty({1, 1, 1, 1}, DType::f64);
    GridSampleArgs args;
    args.x = ConstView(x);
    args.grid = ConstView(grid);
    args.y = View(y);
    reference().grid_sample(args);
    expect_values(y, {0});
  }
}

}  // namespace
}  // namespace infograd
