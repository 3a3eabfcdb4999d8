#include "report.h"

#include <fmt/core.h>

#include "../shared/table.h"

namespace mige_dim {

namespace {

/// The runs of one method, one per seed.
using Cell = std::vector<const Run*>;

std::vector<Cell> cells_of(const std::vector<Run>& runs) {
  std::vector<Cell> cells;
  for (const Run& run : runs) {
    if (cells.empty() || cells.back().front()->method != run.method) cells.emplace_back();
    cells.back().push_back(&run);
  }
  return cells;
}

template <class F>
shared::Mean over(const Cell& cell, F f) {
  std::vector<double> values;
  for (const Run* run : cell) values.push_back(f(*run));
  return shared::mean_of(values);
}

}  // namespace

std::string table_of(const std::vector<Run>& runs) {
  shared::Table table({"method", "seeds", "updates", "conv %", "fc %", "Y %", "Stein joint", "Stein Y",
                       "J joint", "J of Y", "seconds"});
  for (const Cell& cell : cells_of(runs)) {
    const Run& run = *cell.front();
    const auto percent = [&](double Accuracy::*layer) {
      return shared::to_string(over(cell, [&](const Run& r) { return 100 * (r.accuracy.*layer); }), 2);
    };
    const auto at_end = [&](int digits, auto f) {
      return run.joint.empty() ? "-" : fmt::format("{:.{}f}", over(cell, f).mean, digits);
    };
    table.add({run.method, fmt::format("{}", cell.size()), fmt::format("{}", run.updates),
               percent(&Accuracy::conv), percent(&Accuracy::fc), percent(&Accuracy::y),
               at_end(3, [](const Run& r) { return r.joint.back().stein; }),
               at_end(3, [](const Run& r) { return r.marginal.back().stein; }),
               at_end(0, [](const Run& r) { return static_cast<double>(r.joint.back().J); }),
               at_end(0, [](const Run& r) { return static_cast<double>(r.marginal.back().J); }),
               fmt::format("{:.0f}", over(cell, [](const Run& r) { return r.seconds; }).mean)});
  }
  return table.markdown();
}

std::string csv_of(const std::vector<Run>& runs) {
  shared::Table table({"method", "seed", "updates", "conv", "fc", "y"});
  for (const Run& run : runs)
    table.add({run.method, fmt::format("{}", run.seed), fmt::format("{}", run.updates),
               fmt::format("{:.8g}", run.accuracy.conv), fmt::format("{:.8g}", run.accuracy.fc),
               fmt::format("{:.8g}", run.accuracy.y)});
  return table.csv();
}

std::string trace_csv_of(const std::vector<Run>& runs) {
  shared::Table table(
      {"seed", "update", "stein_joint", "stein_y", "J_joint", "J_y", "sigma_joint", "sigma_y"});
  for (const Run& run : runs)
    for (size_t i = 0; i < run.joint.size(); ++i) {
      const ig::losses::SsgeInfo &joint = run.joint[i], &y = run.marginal[i];
      table.add({fmt::format("{}", run.seed), fmt::format("{}", i + 1), fmt::format("{:.8g}", joint.stein),
                 fmt::format("{:.8g}", y.stein), fmt::format("{}", joint.J), fmt::format("{}", y.J),
                 fmt::format("{:.8g}", joint.sigma), fmt::format("{:.8g}", y.sigma)});
    }
  return table.csv();
}

void draw_accuracy(const std::vector<Run>& runs, const std::string& path) {
  std::vector<ig::plot::Series> lines;
  for (const Cell& cell : cells_of(runs)) {
    ig::plot::Series line{.name = cell.front()->method, .x = {0, 1, 2}};
    for (const auto layer : {&Accuracy::conv, &Accuracy::fc, &Accuracy::y})
      line.y.push_back(over(cell, [&](const Run& r) { return 100 * (r.accuracy.*layer); }).mean);
    lines.push_back(line);
  }
  ig::plot::lines_png(path, lines,
                      {.title = "a probe on frozen features",
                       .x_label = "layer: convolutions, fully connected, representation",
                       .y_label = "test accuracy, %",
                       .x_names = {"conv", "fc", "Y"}});
}

void draw_trace(const std::vector<Run>& runs, int64_t batch, const std::string& path) {
  for (const Run& run : runs) {
    if (run.joint.empty()) continue;
    std::vector<ig::plot::Series> lines;
    const auto add = [&](const char* name, const std::vector<ig::losses::SsgeInfo>& infos, auto f) {
      ig::plot::Series line{.name = name};
      for (size_t i = 0; i < infos.size(); ++i) {
        line.x.push_back(static_cast<double>(i + 1));
        line.y.push_back(f(infos[i]));
      }
      lines.push_back(line);
    };
    const auto stein = [](const ig::losses::SsgeInfo& info) { return -info.stein; };
    const auto kept = [&](const ig::losses::SsgeInfo& info) {
      return static_cast<double>(info.J) / static_cast<double>(batch);
    };
    add("-S/dim, joint", run.joint, stein);
    add("-S/dim, Y", run.marginal, stein);
    add("J / M, joint", run.joint, kept);
    add("J / M, Y", run.marginal, kept);
    return ig::plot::lines_png(path, lines,
                               {.title = fmt::format("MIGE's scores while it trains, seed {}", run.seed),
                                .x_label = "update",
                                .y_label = "Stein value (1 is ideal), share of eigenfunctions"});
  }
}

}  // namespace mige_dim
