#include "report.h"

#include <cmath>
#include <map>

#include <fmt/core.h>

#include "../shared/replace_file.h"
#include "../shared/table.h"
#include "shift_profile.h"

namespace registration {

using namespace ig;
using shared::IntensityMap;
using shared::Table;

namespace {

const char* name(Warp warp) {
  return warp == Warp::translation ? "translation" : "affine";
}

const char* amount_name(Warp warp) {
  return warp == Warp::translation ? "px" : "a";
}

std::string rate(const Cell& cell) {
  const std::string text = fmt::format("{}/{}", cell.successes(), cell.result.errors.size());
  const int64_t out = cell.result.out_of_frame;
  return out > 0 ? fmt::format("{}, {} out", text, out) : text;
}

/// Do the two stand in one row of the comparison?
bool same_row(const Cell& a, const Cell& b) {
  return a.scenes == b.scenes && a.warp == b.warp && a.map == b.map && a.loss.name == b.loss.name;
}

/// One table per kind of scene and warp; one column per amount: successes, median, mean and standard error.
std::string comparison_md(const std::vector<Cell>& cells) {
  std::string text;
  for (size_t first = 0; first < cells.size();) {
    const Cell& head = cells[first];
    const auto in_table = [&](const Cell& cell) {
      return cell.scenes == head.scenes && cell.warp == head.warp && cell.lr_scale == 1;
    };
    std::vector<std::string> columns{"map", "loss"};
    for (const Cell& cell : cells)
      if (in_table(cell) && same_row(cell, head))
        columns.push_back(fmt::format("{} {}", amount_name(cell.warp), cell.amount));
    columns.push_back("seconds");
    Table table(columns);
    size_t i = first;
    for (; i < cells.size() && cells[i].scenes == head.scenes && cells[i].warp == head.warp;) {
      const Cell& row = cells[i];
      std::vector<std::string> line{name(row.map), row.loss.name};
      double seconds = 0;
      for (; i < cells.size() && same_row(cells[i], row); ++i) {
        if (cells[i].lr_scale != 1) continue;
        const Cell& cell = cells[i];
        seconds += cell.result.seconds;
        line.push_back(fmt::format("{}, {:.3f} ({})", rate(cell), cell.median(),
                                   to_string(shared::mean_of(cell.result.errors), 2)));
      }
      line.push_back(fmt::format("{:.1f}", seconds));
      table.add(line);
    }
    text += fmt::format("{} of {}\n\n{}\n", name(head.warp), head.scenes->name, table.markdown());
    first = i;
  }
  return text;
}

/// Successes, one column per learning rate.
std::string sweep_md(const std::vector<Cell>& cells) {
  using Row = std::map<double, const Cell*>;
  std::vector<Row> rows;
  for (const Cell& first : cells) {
    Row row;
    for (const Cell& cell : cells)
      if (same_row(cell, first) && cell.amount == first.amount) row[cell.lr_scale] = &cell;
    if (row.size() > 1 && row[1] == &first) rows.push_back(row);
  }
  if (rows.empty()) return "";
  std::vector<std::string> columns{"warp", "map", "loss"};
  for (const auto& [scale, cell] : rows.front()) columns.push_back(fmt::format("rate x {}", scale));
  Table table(columns);
  for (const Row& row : rows) {
    const Cell& cell = *row.begin()->second;
    std::vector<std::string> line{
        fmt::format("{}, {} {}", name(cell.warp), amount_name(cell.warp), cell.amount), name(cell.map),
        cell.loss.name};
    for (const auto& [scale, each] : row) line.push_back(rate(*each));
    table.add(line);
  }
  return fmt::format("learning rate, {}\n\n{}\n", cells.front().scenes->name, table.markdown());
}

std::string ablation_md(const std::vector<Cell>& cells) {
  std::vector<std::string> columns{"loss, membership and bins"};
  for (const Cell& cell : cells)
    if (cell.loss.name == cells.front().loss.name)
      columns.push_back(fmt::format("{} {}", amount_name(cell.warp), cell.amount));
  Table table(columns);
  for (size_t i = 0; i < cells.size();) {
    std::vector<std::string> line{cells[i].loss.name};
    for (; i < cells.size() && cells[i].loss.name == line.front(); ++i)
      line.push_back(fmt::format("{}, {:.3f}", rate(cells[i]), cells[i].median()));
    table.add(line);
  }
  return "ablation: translation of textures, same intensities\n\n" + table.markdown() + "\n";
}

std::string basin_md(const std::vector<Basin>& basins) {
  Table table({"map", "loss", "starts that succeed"});
  for (const Basin& basin : basins)
    table.add({name(basin.map), basin.loss.name, fmt::format("{:.0f} %", 100 * basin.share())});
  return fmt::format("basin of attraction: starts up to {} px away along each axis, first texture\n\n{}",
                     kFarthestStart, table.markdown());
}

std::string cells_csv(const std::vector<Cell>& cells) {
  Table table({"scenes", "warp", "map", "loss", "amount", "lr_scale", "successes", "of", "out_of_frame",
               "median_px", "mean_px", "mean_px_se", "seconds"});
  for (const Cell& cell : cells) {
    const shared::Mean mean = shared::mean_of(cell.result.errors);
    table.add({cell.scenes->name, name(cell.warp), name(cell.map), cell.loss.name,
               fmt::format("{}", cell.amount), fmt::format("{}", cell.lr_scale),
               fmt::format("{}", cell.successes()), fmt::format("{}", cell.result.errors.size()),
               fmt::format("{}", cell.result.out_of_frame), fmt::format("{:.6g}", cell.median()),
               fmt::format("{:.6g}", mean.mean), fmt::format("{:.6g}", mean.se),
               fmt::format("{:.2f}", cell.result.seconds)});
  }
  return table.csv();
}

std::string errors_csv(const std::vector<Cell>& cells) {
  Table table({"scenes", "warp", "map", "loss", "amount", "lr_scale", "seed", "error_px"});
  for (const Cell& cell : cells)
    for (size_t i = 0; i < cell.result.errors.size(); ++i)
      table.add({cell.scenes->name, name(cell.warp), name(cell.map), cell.loss.name,
                 fmt::format("{}", cell.amount), fmt::format("{}", cell.lr_scale),
                 fmt::format("{}", cell.scenes->seeds[i]), fmt::format("{:.8g}", cell.result.errors[i])});
  return table.csv();
}

std::string basin_csv(const std::vector<Basin>& basins) {
  Table table({"map", "loss", "start_x", "start_y", "error_px"});
  for (const Basin& basin : basins) {
    const int64_t n = basin.errors.size(0);
    const auto errors = basin.errors.to_vector<double>();
    const auto at = [&](int64_t i) {
      return kFarthestStart * (2 * static_cast<double>(i) / static_cast<double>(n - 1) - 1);
    };
    for (int64_t i = 0; i < n * n; ++i)
      table.add({name(basin.map), basin.loss.name, fmt::format("{}", at(i % n)), fmt::format("{}", at(i / n)),
                 fmt::format("{:.8g}", errors[static_cast<size_t>(i)])});
  }
  return table.csv();
}

/// The first scene, one row per loss: fixed, moving, moving where the loss put it, and the difference of what
/// both show (without the change of intensities) before and after.
void draw_alignments(const std::vector<Cell>& cells, const std::string& out) {
  const NoGrad pictures;
  std::map<std::string, std::vector<Tensor>> sheets;
  std::map<std::string, double> amounts;  // one per sheet: the first
  for (const Cell& cell : cells) {
    if (cell.lr_scale != 1 || cell.warp != Warp::affine) continue;
    const std::string file = fmt::format("{}/before_after_{}_{}.png", out, cell.scenes->name, name(cell.map));
    if (amounts.emplace(file, cell.amount).first->second != cell.amount) continue;
    const Problem problem = problem_of(cell);
    const Tensor moved = displacement(cell.result.theta, problem.basis);
    const Tensor aligned = sample_displaced(problem.unchanged, moved, 0).value;
    for (const Tensor& image :
         {problem.fixed, problem.moving, sample_displaced(problem.moving, moved, 0).value,
          affine(abs(problem.fixed - problem.unchanged), 2, 0), affine(abs(problem.fixed - aligned), 2, 0)})
      sheets[file].push_back(slice(image, 0, 0, 1));
  }
  for (const auto& [file, images] : sheets)
    data::write_png(file, data::image_grid(concat(images), {.columns = 5, .padding = 4, .zoom = 2}));
}

}  // namespace

std::string write_report(const Report& report, const std::string& heading, const std::string& out) {
  const std::string text =
      heading + "\n\n" + comparison_md(report.comparison) +
      "successes: error < 0.5 px (out: failures that left the frame altogether); then the median error in px "
      "(mean +-\nstandard error over scenes)\n\n" +
      sweep_md(report.comparison) + ablation_md(report.ablation) + basin_md(report.basins);
  shared::replace_file(out + "/results.csv", cells_csv(report.comparison));
  shared::replace_file(out + "/errors.csv", errors_csv(report.comparison));
  shared::replace_file(out + "/ablation.csv", cells_csv(report.ablation));
  shared::replace_file(out + "/basin.csv", basin_csv(report.basins));
  write_shift_profile(out);
  draw(report.basins, out + "/basin.png");
  draw_alignments(report.comparison, out);
  shared::replace_file(out + "/table.md", text);
  return text;
}

}  // namespace registration
