#include "report.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>

#include <fmt/core.h>

#include "../shared/table.h"

namespace mige_ib {

namespace {

/// The runs of one setting, one per seed.
using Cell = std::vector<const Run*>;

std::vector<Cell> cells_of(const std::vector<Run>& runs) {
  const auto setting = [](const Run& run) { return std::tie(run.method, run.beta, run.batch); };
  std::vector<Cell> cells;
  for (const Run& run : runs) {
    if (cells.empty() || setting(*cells.back().front()) != setting(run)) cells.emplace_back();
    cells.back().push_back(&run);
  }
  return cells;
}

shared::Mean over(const Cell& cell, double scale, const std::function<double(const Run&)>& f) {
  std::vector<double> values;
  for (const Run* run : cell) values.push_back(scale * f(*run));
  return shared::mean_of(values);
}

/// Of the last epoch; "-" where the method has no such thing.
std::string text(const Cell& cell, double Epoch::*member, int digits, double scale = 1) {
  const shared::Mean mean = over(cell, scale, [&](const Run& run) { return run.last().*member; });
  return std::isnan(mean.mean) ? "-" : shared::to_string(mean, digits);
}

std::string csv_number(double value) {
  return std::isnan(value) ? "" : fmt::format("{:.8g}", value);
}

}  // namespace

std::string table_of(const std::vector<Run>& runs) {
  shared::Table table({"method", "beta", "batch", "seeds", "1-sample error %", "12-sample error %",
                       "training CE", "rate, nats", "KL to N(0, I)", "mean sigma", "J", "s per epoch"});
  for (const Cell& cell : cells_of(runs)) {
    const Run& run = *cell.front();
    table.add({run.method, fmt::format("{:g}", run.beta), fmt::format("{}", run.batch),
               fmt::format("{}", cell.size()), text(cell, &Epoch::one_sample, 2, 100),
               text(cell, &Epoch::of_twelve, 2, 100), text(cell, &Epoch::cross_entropy, 4),
               text(cell, &Epoch::rate, 2), text(cell, &Epoch::kl, 1), text(cell, &Epoch::sigma, 3),
               text(cell, &Epoch::eigenfunctions, 1),
               fmt::format("{:.1f}", over(cell, 1, [](const Run& r) { return r.seconds; }).mean)});
  }
  return table.markdown();
}

std::string csv_of(const std::vector<Run>& runs) {
  shared::Table table({"method", "beta", "batch", "units", "seed", "epoch", "cross_entropy", "rate",
                       "error_1", "error_12", "kl", "sigma", "eigenfunctions"});
  for (const Run& run : runs)
    for (size_t i = 0; i < run.epochs.size(); ++i) {
      const Epoch& e = run.epochs[i];
      table.add({run.method, fmt::format("{:g}", run.beta), fmt::format("{}", run.batch),
                 fmt::format("{}", run.units), fmt::format("{}", run.seed), fmt::format("{}", i + 1),
                 csv_number(e.cross_entropy), csv_number(e.rate), csv_number(e.one_sample),
                 csv_number(e.of_twelve), csv_number(e.kl), csv_number(e.sigma),
                 csv_number(e.eigenfunctions)});
    }
  return table.csv();
}

void draw_errors(const std::vector<Run>& runs, const std::vector<double>& betas, const std::string& data,
                 const std::string& path) {
  const bool several_betas = betas.size() > 1;
  const bool several_batches =
      std::any_of(runs.begin(), runs.end(), [&](const Run& run) { return run.batch != runs.front().batch; });
  std::vector<ig::plot::Series> lines;
  const auto line_of = [&](const Run& run) -> ig::plot::Series& {
    const std::string name =
        several_batches ? fmt::format("{}, batch {}", run.method, run.batch) : run.method;
    for (ig::plot::Series& line : lines)
      if (line.name == name) return line;
    return lines.emplace_back(ig::plot::Series{.name = name, .dashed = run.method == "none"});
  };
  for (const Cell& cell : cells_of(runs)) {
    const Run& run = *cell.front();
    ig::plot::Series& line = line_of(run);
    if (several_betas) {
      const double error = over(cell, 100, [](const Run& r) { return r.last().of_twelve; }).mean;
      for (const double beta : run.method == "none" ? betas : std::vector<double>{run.beta}) {
        line.x.push_back(std::log10(beta));
        line.y.push_back(error);
      }
    } else {
      for (size_t i = 0; i < run.epochs.size(); ++i) {
        line.x.push_back(static_cast<double>(i + 1));
        line.y.push_back(over(cell, 100, [&](const Run& r) { return r.epochs[i].of_twelve; }).mean);
      }
    }
  }
  ig::plot::lines_png(path, lines,
                      {.title = "information bottleneck, " + data,
                       .x_label = several_betas ? "log10 beta" : "epoch",
                       .y_label = "12-sample test error, %"});
}

void draw_latent(const Run& run, const Tensor& labels, const std::string& path) {
  ig::plot::scatter_png(
      path, run.test_mu, labels,
      {.radius = 2,
       .opacity = 0.6,
       .title = fmt::format("two units, {}, beta {:g}: means of test images, error {:.1f} %", run.method,
                            run.beta, 100 * run.last().of_twelve)});
}

}  // namespace mige_ib
