#include "report.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "../shared/replace_file.h"
#include "../shared/table.h"

namespace autoencoder {

using namespace ig;

namespace {

struct Quantity {
  const char *name, *heading;  ///< in CSV files and in the table
  int digits;
  double Run::*member;
};
constexpr Quantity kQuantities[] = {{"mae", "MAE", 4, &Run::mae},
                                    {"psnr", "PSNR dB", 2, &Run::psnr},
                                    {"ssim", "SSIM", 4, &Run::ssim},
                                    {"lmi", "A(11)", 4, &Run::lmi},
                                    {"rajski", "RAJ(11)", 4, &Run::rajski},
                                    {"seconds", "seconds", 1, &Run::seconds},
                                    {"loss_before", "loss before", 4, &Run::loss_before},
                                    {"loss_after", "loss after", 4, &Run::loss_after}};

shared::Mean mean_of(const Cell& cell, double Run::*member) {
  std::vector<double> values;
  for (const Run& run : cell.runs) values.push_back(run.*member);
  return shared::mean_of(values);
}

std::string table_md(const std::vector<Cell>& cells) {
  std::vector<std::string> columns{"loss"};
  for (const Quantity& q : kQuantities) columns.push_back(q.heading);
  shared::Table table(columns);
  for (const Cell& cell : cells) {
    if (cell.rate != cells.front().rate) continue;
    std::vector<std::string> row{cell.objective->name};
    for (const Quantity& q : kQuantities) row.push_back(to_string(mean_of(cell, q.member), q.digits));
    table.add(row);
  }
  return table.markdown();
}

/// PSNR of one loss over the learning rates.
std::vector<const Cell*> sweep_of(const Objective* objective, const std::vector<Cell>& cells) {
  std::vector<const Cell*> found;
  for (const Cell& cell : cells)
    if (cell.objective == objective) found.push_back(&cell);
  std::sort(found.begin(), found.end(), [](const Cell* a, const Cell* b) { return a->rate < b->rate; });
  return found;
}

template <class F>
void for_each_objective(const std::vector<Cell>& cells, F body) {
  for (const Cell& cell : cells)
    if (cell.rate == cells.front().rate) body(*cell.objective, sweep_of(cell.objective, cells));
}

std::string sweep_md(const std::vector<Cell>& cells) {
  std::vector<std::string> columns{"PSNR dB"};
  for (const Cell* cell : sweep_of(cells.front().objective, cells))
    columns.push_back(fmt::format("rate {}", cell->rate));
  shared::Table table(columns);
  for_each_objective(cells, [&](const Objective& objective, const std::vector<const Cell*>& sweep) {
    std::vector<std::string> row{objective.name};
    for (const Cell* cell : sweep) row.push_back(to_string(mean_of(*cell, &Run::psnr), 2));
    table.add(row);
  });
  return table.markdown();
}

std::string table_csv(const std::vector<Cell>& cells) {
  std::vector<std::string> columns{"loss", "rate", "seeds"};
  for (const Quantity& q : kQuantities) {
    columns.push_back(q.name);
    columns.push_back(std::string(q.name) + "_se");
  }
  shared::Table table(columns);
  for (const Cell& cell : cells) {
    std::vector<std::string> row{cell.objective->name, fmt::format("{}", cell.rate),
                                 fmt::format("{}", cell.runs.size())};
    for (const Quantity& q : kQuantities) {
      const shared::Mean mean = mean_of(cell, q.member);
      row.push_back(fmt::format("{:.8g}", mean.mean));
      row.push_back(fmt::format("{:.8g}", mean.se));
    }
    table.add(row);
  }
  return table.csv();
}

std::string runs_csv(const std::vector<Cell>& cells, uint64_t first_seed) {
  std::vector<std::string> columns{"loss", "rate", "seed"};
  for (const Quantity& q : kQuantities) columns.push_back(q.name);
  shared::Table table(columns);
  for (const Cell& cell : cells)
    for (size_t i = 0; i < cell.runs.size(); ++i) {
      std::vector<std::string> row{cell.objective->name, fmt::format("{}", cell.rate),
                                   fmt::format("{}", first_seed + i)};
      for (const Quantity& q : kQuantities) row.push_back(fmt::format("{:.10g}", cell.runs[i].*q.member));
      table.add(row);
    }
  return table.csv();
}

/// A row of originals, then one per loss: the first seed.
void draw_reconstructions(const std::vector<Cell>& cells, const Tensor& originals, const std::string& path) {
  std::vector<Tensor> rows{slice(originals, 0, 0, kShown).to(cpu)};
  for (const Cell& cell : cells)
    if (cell.rate == cells.front().rate) rows.push_back(cell.runs.front().some);
  data::write_png(path, data::image_grid(concat(rows), {.columns = kShown, .zoom = 2}));
}

void draw_rates(const std::vector<Cell>& cells, const std::string& path) {
  std::vector<plot::Series> lines;
  for_each_objective(cells, [&](const Objective& objective, const std::vector<const Cell*>& sweep) {
    plot::Series& line = lines.emplace_back(plot::Series{.name = objective.name});
    for (const Cell* cell : sweep) {
      line.x.push_back(std::log10(cell->rate));
      line.y.push_back(mean_of(*cell, &Run::psnr).mean);
    }
  });
  plot::lines_png(path, lines,
                  {.title = "reconstruction of test digits",
                   .x_label = "log10 of the learning rate",
                   .y_label = "PSNR, dB"});
}

}  // namespace

std::string write_report(const std::vector<Cell>& cells, const Tensor& originals, const std::string& heading,
                         const Options& options) {
  const bool sweep = options.rates.size() > 1;
  std::string text = fmt::format(
      "{}, rate {}\n\n{}\nA, RAJ: fuzzy histograms of 11 bins. Seconds: processor time of "
      "training. Loss: that of the last epoch, on the\ntest images, before and after training. +- "
      "is a standard error over seeds. reconstructions.png: a row of test\nimages, then one row "
      "per loss in this order.\n",
      heading, cells.front().rate, table_md(cells));
  if (sweep) text += '\n' + sweep_md(cells);
  shared::replace_file(options.out + "/table.csv", table_csv(cells));
  shared::replace_file(options.out + "/runs.csv", runs_csv(cells, options.seed));
  draw_reconstructions(cells, originals, options.out + "/reconstructions.png");
  if (sweep) draw_rates(cells, options.out + "/rates.png");
  shared::replace_file(options.out + "/table.md", text);
  return text;
}

}  // namespace autoencoder
