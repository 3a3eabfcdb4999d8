#include "report.h"

#include <cmath>
#include <functional>

#include <fmt/core.h>

#include "../shared/replace_file.h"
#include "../shared/table.h"

namespace milc {

using shared::Mean;
using shared::mean_of;

namespace {

Mean mean_over(const Cell& cell, double scale, double Run::*member) {
  std::vector<double> values;
  for (const Run& run : cell.runs) values.push_back(scale * run.*member);
  return mean_of(values);
}
Mean percent(const Cell& cell, double Run::*member) {
  return mean_over(cell, 100, member);
}
Mean nats(const Cell& cell, double Run::*member) {
  return mean_over(cell, 1, member);
}

/// Test error of the cell minus that of cross-entropy, seed by seed, in points.
Mean paired_difference(const Cell& cell, const Cell& baseline) {
  std::vector<double> values;
  for (size_t i = 0; i < cell.runs.size(); ++i)
    values.push_back(100 * (cell.runs[i].test_error - baseline.runs[i].test_error));
  return mean_of(values);
}

/// Cross-entropy on the same training set.
const Cell& baseline_of(const Cell& cell, const std::vector<Cell>& cells) {
  for (const Cell& other : cells)
    if (other.set == cell.set) return other;
  return cell;
}

std::string difference_text(const Cell& cell, const Cell& baseline) {
  if (&cell == &baseline) return "";
  const Mean difference = paired_difference(cell, baseline);
  return fmt::format("{} ({:+.1f} %)", to_string(difference, 2),
                     100 * difference.mean / percent(baseline, &Run::test_error).mean);
}

std::string table_md(const std::vector<Cell>& cells) {
  shared::Table table({"n", "method", "test error %", "certified bound %", "plug-in %", "minus CE, points",
                       "train error %", "test CE", "Hm", "H(r)", "I nats (bits)", "force"});
  for (const Cell& cell : cells) {
    const double error = percent(cell, &Run::test_error).mean,
                 plug_in = percent(cell, &Run::bound_plug_in).mean;
    const double mi = nats(cell, &Run::mi).mean;
    table.add({cell.set->name, cell.method->name, to_string(percent(cell, &Run::test_error), 2),
               fmt::format("{:.2f}", percent(cell, &Run::bound_certified).mean),
               fmt::format("{:.2f}{}", plug_in, plug_in > error ? " *" : ""),
               difference_text(cell, baseline_of(cell, cells)),
               fmt::format("{:.2f}", percent(cell, &Run::train_error).mean),
               fmt::format("{:.4f}", nats(cell, &Run::ce).mean),
               fmt::format("{:.4f}", nats(cell, &Run::hm).mean),
               fmt::format("{:.4f}", nats(cell, &Run::h_labels).mean),
               fmt::format("{:.4f} ({:.4f})", mi, infograd::losses::to_bits(mi)),
               fmt::format("{:.3f}", nats(cell, &Run::force).mean)});
  }
  return table.markdown();
}

/// For each training set: which MILC forms differ from cross-entropy by more than two standard errors.
std::string conclusion(const std::vector<Cell>& cells) {
  std::string text;
  for (const Cell& baseline : cells) {
    if (&baseline != &baseline_of(baseline, cells)) continue;
    std::string found;
    for (const Cell& cell : cells) {
      if (cell.set != baseline.set || !cell.method->is_milc) continue;
      const Mean difference = paired_difference(cell, baseline);
      if (!(std::abs(difference.mean) > 2 * difference.se)) continue;
      found += fmt::format("{}{} is {} by {:.2f} points", found.empty() ? "" : ", ", cell.method->name,
                           difference.mean < 0 ? "better" : "worse", std::abs(difference.mean));
    }
    text += fmt::format("- n = {}: {}\n", baseline.set->name,
                        found.empty() ? "no MILC form differs from CE by more than two paired standard errors"
                                      : "by more than two paired standard errors, " + found);
  }
  return text;
}

struct Quantity {
  const char* name;
  double Run::*member;
};
constexpr Quantity kQuantities[] = {{"test_error", &Run::test_error},
                                    {"bound_certified", &Run::bound_certified},
                                    {"bound_plug_in", &Run::bound_plug_in},
                                    {"train_error", &Run::train_error},
                                    {"ce", &Run::ce},
                                    {"hm", &Run::hm},
                                    {"h_labels", &Run::h_labels},
                                    {"mi", &Run::mi},
                                    {"force", &Run::force}};

std::string table_csv(const std::vector<Cell>& cells) {
  std::vector<std::string> columns{"n", "method", "seeds"};
  for (const Quantity& q : kQuantities) {
    columns.push_back(q.name);
    columns.push_back(std::string(q.name) + "_se");
  }
  columns.insert(columns.end(), {"minus_ce", "minus_ce_se"});
  shared::Table table(columns);
  const auto add = [](std::vector<std::string>& row, const Mean& mean) {
    row.push_back(fmt::format("{:.8g}", mean.mean));
    row.push_back(fmt::format("{:.8g}", mean.se));
  };
  for (const Cell& cell : cells) {
    std::vector<std::string> row{cell.set->name, cell.method->name, fmt::format("{}", cell.runs.size())};
    for (const Quantity& q : kQuantities) add(row, nats(cell, q.member));
    const Mean points = paired_difference(cell, baseline_of(cell, cells));
    add(row, {points.mean / 100, points.se / 100});
    table.add(row);
  }
  return table.csv();
}

std::string runs_csv(const std::vector<Cell>& cells) {
  std::vector<std::string> columns{"n", "method", "run"};
  for (const Quantity& q : kQuantities) columns.push_back(q.name);
  shared::Table table(columns);
  for (const Cell& cell : cells)
    for (size_t i = 0; i < cell.runs.size(); ++i) {
      std::vector<std::string> row{cell.set->name, cell.method->name, fmt::format("{}", i)};
      for (const Quantity& q : kQuantities) row.push_back(fmt::format("{:.10g}", cell.runs[i].*q.member));
      table.add(row);
    }
  return table.csv();
}

/// Error against the number of images, with the certified bound of cross-entropy.
void draw_errors(const std::vector<Cell>& cells, const std::string& path) {
  std::vector<infograd::plot::Series> lines;
  infograd::plot::Series bound{.name = "certified bound of CE", .dashed = true};
  const auto line_of = [&](const std::string& name) -> infograd::plot::Series& {
    for (auto& line : lines)
      if (line.name == name) return line;
    return lines.emplace_back(infograd::plot::Series{.name = name});
  };
  for (const Cell& cell : cells) {
    const double x = std::log10(static_cast<double>(cell.set->size()));
    infograd::plot::Series& line = line_of(cell.method->name);
    line.x.push_back(x);
    line.y.push_back(percent(cell, &Run::test_error).mean);
    if (&cell != &baseline_of(cell, cells)) continue;
    bound.x.push_back(x);
    bound.y.push_back(percent(cell, &Run::bound_certified).mean);
  }
  if (bound.x.size() < 2) return;
  lines.push_back(bound);
  infograd::plot::lines_png(path, lines,
                            {.title = "test error and a lower bound on it",
                             .x_label = "log10 of the number of training images",
                             .y_label = "test error, %"});
}

}  // namespace

std::string write_report(const std::vector<Cell>& cells, const std::string& heading, const std::string& out) {
  const std::string text = heading + "\n\n" + table_md(cells) +
                           "\n`certified`: Fano of the confusion matrix, holds. `plug-in`: Fano of the "
                           "learned information I = Hm - CE, "
                           "an estimate; * = above the\nmeasured error, so not a bound. `force`: |dHm| / "
                           "|dCE| on the logits of the last "
                           "batch. +- is a standard error over seeds;\ndifferences are paired by seed.\n\n" +
                           conclusion(cells);
  shared::replace_file(out + "/table.csv", table_csv(cells));
  shared::replace_file(out + "/runs.csv", runs_csv(cells));
  draw_errors(cells, out + "/error.png");
  shared::replace_file(out + "/table.md", text);
  return text;
}

}  // namespace milc
