#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include <infograd/nn/image/png.h>
#include <infograd/nn/plot/plot.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/shape_ops.h>

#include "tests/nn/files.h"

namespace infograd {
namespace {

using test::Bytes;

class Pictures : public test::FileTest {
 protected:
  // Width and height from the header of a PNG file.
  static std::pair<int, int> png_size(const std::string& path) {
    const Bytes png = read(path);
    if (png.size() < 24 ||
        !std::equal(png.begin(), png.begin() + 8, test::bytes("\x89PNG\r\n\x1a\n").begin()))
      return {0, 0};
    const auto number = [&](size_t at) {
      return png[at] << 24 | png[at + 1] << 16 | png[at + 2] << 8 | png[at + 3];
    };
    return {number(16), number(20)};
  }
};

TEST_F(Pictures, PngHasTheSizeOfTheTensor) {
  data::write_png(path("grey.png"), zeros({3, 5}, DType::u8));
  data::write_png(path("plane.png"), zeros({1, 3, 5}, DType::u8));
  data::write_png(path("rgb.png"), zeros({4, 6, 3}, DType::u8));
  EXPECT_EQ(png_size(path("grey.png")), (std::pair{5, 3}));
  EXPECT_EQ(png_size(path("plane.png")), (std::pair{5, 3}));
  EXPECT_EQ(png_size(path("rgb.png")), (std::pair{6, 4}));
  EXPECT_THROW(data::write_png(path("x.png"), zeros({3, 5})), DTypeError);
  EXPECT_THROW(data::write_png(path("x.png"), zeros({3, 5, 2}, DType::u8)), ShapeError);
  EXPECT_THROW(data::write_png(path("x.png"), zeros({0, 5}, DType::u8)), ShapeError);
  EXPECT_THROW(data::write_png(path("no/dir/x.png"), zeros({3, 5}, DType::u8)), IoError);
}

TEST_F(Pictures, GridPlacesImagesRowByRow) {
  const Tensor images = from_data(std::vector<uint8_t>{10, 20, 30}, {3, 1, 1});
  const Tensor grid = data::image_grid(images, {.columns = 2, .padding = 1, .background = 0});
  EXPECT_EQ(grid.shape(), (Shape{5, 5}));
  const Bytes expected{0, 0, 0, 0, 0, 0, 10, 0, 20, 0, 0, 0, 0, 0, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(grid.to_vector<uint8_t>(), expected);
  const Tensor levels = reshape(tensor({-1, 0.5, 2, std::nan("")}), {4, 1, 1});
  EXPECT_EQ(data::image_grid(levels, {.columns = 4, .padding = 0}).to_vector<uint8_t>(),
            (Bytes{0, 128, 255, 0}));
  EXPECT_EQ(data::image_grid(images, {.columns = 3, .padding = 0, .zoom = 2}).shape(), (Shape{2, 6}));
  EXPECT_THROW(data::image_grid(zeros({3, 2, 4, 4})), ShapeError);
}

TEST_F(Pictures, NamesStandWhereNumbersWould) {
  const std::vector<plot::Series> lines{{"a", {0, 1, 2}, {90, 95, 80}}};
  const auto picture = [&](const std::vector<std::string>& names) {
    plot::lines_png(path("names.png"), lines, {.width = 400, .height = 300, .x_names = names});
    return read(path("names.png"));
  };
  EXPECT_EQ(picture({"0", "1", "2"}), picture({})) << "the numbers, as names";
  EXPECT_NE(picture({"0", "1", "2"}), picture({"conv", "fc", "Y"}));
  EXPECT_NE(picture({"0", "1", "2"}), picture({"0", "1", "2", "3"})) << "room for a name without a point";
}

TEST_F(Pictures, SingleRunsLieBehindTheirMean) {
  const auto picture = [&](const std::vector<std::vector<double>>& runs) {
    plot::lines_png(path("runs.png"), {{.name = "a", .x = {0, 1, 2}, .y = {0, 5, 0}, .runs = runs}},
                    {.width = 400, .height = 300});
    return read(path("runs.png"));
  };
  EXPECT_NE(picture({{0, 3, 0}, {0, 4, 0}}), picture({}));
  EXPECT_NE(picture({{0, 9, 0}}), picture({{0, 8, 0}})) << "the axis has room for them";
  EXPECT_THROW(picture({{1, 2}}), ValueError);
}

TEST_F(Pictures, ScatterAndLinesSurviveOddData) {
  Generator generator(1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  plot::scatter_png(path("a.png"), rand_normal({300, 2}, 0, 1, DType::f32, generator),
                    rand_integers({300}, 0, 10, generator), {.width = 300, .height = 200, .title = "title"});
  EXPECT_EQ(png_size(path("a.png")), (std::pair{300, 200}));
  plot::scatter_png(path("b.png"), tensor({{1, 1}, {1, 1}, {nan, 2}}, DType::f64), arange(3), {});
  plot::scatter_png(path("c.png"), zeros({0, 2}), arange(0), {});
  EXPECT_THROW(plot::scatter_png(path("d.png"), zeros({2, 2}), arange(3), {}), ShapeError);
  EXPECT_THROW(plot::scatter_png(path("d.png"), zeros({1, 2}), tensor({25}).to(DType::i64), {}), ValueError);

  plot::lines_png(path("e.png"),
                  {{"estimate", {0, 1, 2, 3}, {0.1, nan, 2, 1e3}}, {"truth", {0, 3}, {0, 5}, true}},
                  {.width = 400, .height = 300, .title = "t", .x_label = "steps", .y_label = "nats"});
  EXPECT_EQ(png_size(path("e.png")), (std::pair{400, 300}));
  plot::lines_png(path("f.png"), {}, {});
  plot::lines_png(path("g.png"), {{"flat", {1, 1}, {1e20, 1e20}}, {"far", {-1e300, 1e300}, {-1e300, 1e300}}},
                  {});
  EXPECT_THROW(plot::lines_png(path("h.png"), {{"x", {1, 2}, {1}}}, {}), ValueError);
}

}  // namespace
}  // namespace infograd
