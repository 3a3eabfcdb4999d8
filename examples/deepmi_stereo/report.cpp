#include "report.h"

#include <algorithm>

#include <fmt/core.h>

#include "../shared/replace_file.h"
#include "../shared/table.h"

namespace stereo {

using namespace ig;
using shared::Table;

namespace {

shared::Mean over_seeds(const Cell& cell, double Run::*member, double scale = 1) {
  std::vector<double> values;
  for (const Run& run : cell.runs) values.push_back(scale * run.*member);
  return shared::mean_of(values);
}

std::string results_md(const std::vector<Cell>& cells) {
  Table table({"map", "loss", "EPE px", "% > 1 px", "seconds"});
  for (const Cell& cell : cells)
    table.add({name(cell.map), cell.objective.name, to_string(over_seeds(cell, &Run::end_point_error), 3),
               to_string(over_seeds(cell, &Run::bad, 100), 1),
               fmt::format("{:.1f}", over_seeds(cell, &Run::seconds).mean)});
  return table.markdown();
}

std::string sweep_md(const std::vector<Cell>& cells, const Options& options) {
  if (cells.front().of_scales.size() < 2) return "";
  std::vector<std::string> columns{"map", "loss"};
  for (const double scale : options.lr_scales) columns.push_back(fmt::format("rate x {}", scale));
  Table table(columns);
  for (const Cell& cell : cells) {
    std::vector<std::string> line{name(cell.map), cell.objective.name};
    for (const Run& run : cell.of_scales) line.push_back(fmt::format("{:.3f}", run.end_point_error));
    if (!cell.of_scales.empty()) table.add(line);
  }
  return fmt::format("\nlearning rate: EPE of seed {}\n\n{}", options.seed, table.markdown());
}

std::string runs_csv(const std::vector<Cell>& cells, const Options& options) {
  Table table({"map", "loss", "seed", "lr_scale", "epe_px", "bad", "first_loss", "last_loss"});
  const auto add = [&](const Cell& cell, const Run& run, uint64_t seed, double scale) {
    table.add({name(cell.map), cell.objective.name, fmt::format("{}", seed), fmt::format("{}", scale),
               fmt::format("{:.8g}", run.end_point_error), fmt::format("{:.8g}", run.bad),
               fmt::format("{:.8g}", run.first_loss), fmt::format("{:.8g}", run.last_loss)});
  };
  for (const Cell& cell : cells) {
    for (size_t i = 0; i < cell.runs.size(); ++i) add(cell, cell.runs[i], options.seed + i, 1);
    for (size_t i = 0; i < cell.of_scales.size(); ++i)
      if (options.lr_scales[i] != 1) add(cell, cell.of_scales[i], options.seed, options.lr_scales[i]);
  }
  return table.csv();
}

/// Four test pairs, one per row: left, right, true disparity, then what each objective has taught the network
/// of the first seed, in the order of the table. Black is 0 px, white 4.
void draw_disparities(const std::vector<Cell>& cells, shared::IntensityMap map, const Options& options) {
  const Pairs test = test_pairs(map, options);
  std::vector<Tensor> images;
  int64_t columns = 0;
  for (int64_t row = 0; row < std::min(kShown, options.test_pairs); ++row) {
    const auto add = [&](const Tensor& x, double scale) {
      images.push_back(affine(slice(x, 0, row, row + 1).to(cpu), scale, 0));
    };
    add(test.left, 1);
    add(test.right, 1);
    add(test.disparity, 1 / kMaxDisparity);
    for (const Cell& cell : cells)
      if (cell.map == map) add(cell.runs.front().proposed, 1 / kMaxDisparity);
    if (row == 0) columns = static_cast<int64_t>(images.size());
  }
  data::write_png(fmt::format("{}/disparity_{}.png", options.out, name(map)),
                  data::image_grid(concat(images), {.columns = columns, .padding = 3, .zoom = 2}));
}

}  // namespace

std::string write_report(const std::vector<Cell>& cells, const std::string& heading, const Options& options) {
  const std::string text = heading + "\n\n" + results_md(cells) + sweep_md(cells, options);
  shared::replace_file(options.out + "/runs.csv", runs_csv(cells, options));
  for (size_t i = 0; i < cells.size(); ++i)
    if (i == 0 || cells[i].map != cells[i - 1].map) draw_disparities(cells, cells[i].map, options);
  shared::replace_file(options.out + "/table.md", text);
  return text;
}

}  // namespace stereo
