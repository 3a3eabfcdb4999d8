#include "shift_profile.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "../shared/image_losses.h"
#include "../shared/replace_file.h"
#include "../shared/table.h"

namespace registration {

using namespace infograd;
using shared::IntensityMap;

namespace {

constexpr int kFarthest = 16;

double wave(double u) {
  return std::abs(2 * (u - std::floor(u)) - 1);
}

/// Three triangle waves, moved to the left by `shift` columns.
Tensor pattern(int shift) {
  std::vector<double> values;
  for (int r = 0; r < 64; ++r)
    for (int column = 0; column < 64; ++column) {
      const double c = column + shift;
      values.push_back(.5 * wave(7 * r / 64. + 3 * c / 64) + .3 * wave(5 * r / 128. - 11 * c / 128 + .25) +
                       .2 * wave(c / 32 + r / 64.));
    }
  return from_data(values, {1, 1, 64, 64});
}

void draw(const std::vector<plot::Series>& lines, IntensityMap map, const std::string& out) {
  std::vector<plot::Series> stretched = lines;
  for (plot::Series& line : stretched) {
    const auto [low, high] = std::minmax_element(line.y.begin(), line.y.end());
    const double lowest = *low, range = *high - *low;
    for (double& y : line.y) y = (y - lowest) / range;
  }
  plot::lines_png(fmt::format("{}/shift_{}.png", out, name(map)), stretched,
                  {.title = fmt::format("losses of a shifted pattern, intensities: {}", name(map)),
                   .x_label = "shift, pixels",
                   .y_label = "loss, stretched to 0 .. 1"});
}

}  // namespace

void write_shift_profile(const std::string& out) {
  const NoGrad values_only;
  shared::Table table({"map", "loss", "shift", "value"});
  const Tensor fixed = pattern(0);
  for (const IntensityMap map :
       {IntensityMap::same, IntensityMap::gamma, IntensityMap::inverted, IntensityMap::folded}) {
    std::vector<plot::Series> lines;
    for (const shared::ImageLoss& loss : shared::single_losses()) {
      plot::Series& line = lines.emplace_back(plot::Series{.name = loss.name});
      for (int s = -kFarthest; s <= kFarthest; ++s) {
        line.x.push_back(s);
        line.y.push_back(loss(fixed, shared::apply(map, pattern(s))).item());
        table.add({name(map), loss.name, fmt::format("{}", s), fmt::format("{:.10g}", line.y.back())});
      }
    }
    if (map == IntensityMap::same || map == IntensityMap::inverted) draw(lines, map, out);
  }
  shared::replace_file(out + "/shift_profile.csv", table.csv());
}

}  // namespace registration
