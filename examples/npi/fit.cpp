#include "fit.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

namespace npi {

using namespace ig;

namespace {

/// Text of a number, "" where it was not measured.
std::string cell(double value, int digits) {
  return std::isnan(value) ? "" : fmt::format("{:.{}f}", value, digits);
}

}  // namespace

Fit fit_of(const std::string& method, const losses::NpiResult& result) {
  return {method, result.history, result.display};
}
Fit fit_of(const std::string& method, const losses::IcaResult& result) {
  return {method, result.history, result.c};
}

double median_participation(const Tensor& display) {
  std::vector<double> ratios = losses::participation_ratio(display).to_vector<double>();
  const auto middle = ratios.begin() + std::ssize(ratios) / 2;
  std::nth_element(ratios.begin(), middle, ratios.end());
  return *middle;
}

shared::Table table_of(const std::vector<Fit>& fits) {
  shared::Table table({"method", "epochs", "evaluations", "seconds", "final objective", "CFE bits; start",
                       "CFE bits", "CDE bits", "median participation"});
  for (const Fit& fit : fits) {
    const losses::NpiEpoch &first = fit.history.front(), &last = fit.history.back();
    table.add({fit.method, fmt::format("{}", last.epoch), fmt::format("{}", last.evaluations),
               fmt::format("{:.2f}", last.seconds), cell(last.objective, 4), cell(first.cfe, 4),
               cell(last.cfe, 4), cell(losses::to_bits(last.cde), 2),
               cell(median_participation(fit.display), 3)});
  }
  return table;
}

shared::Table history_of(const std::vector<Fit>& fits) {
  shared::Table table({"method", "epoch", "phase", "evaluations", "backtracks", "beta", "objective", "v",
                       "kappa", "residual", "seconds", "cfe_bits", "cde_bits"});
  for (const Fit& fit : fits)
    for (const losses::NpiEpoch& e : fit.history)
      table.add({fit.method, fmt::format("{}", e.epoch), fmt::format("{}", e.phase),
                 fmt::format("{}", e.evaluations), fmt::format("{}", e.backtracks), cell(e.beta, 6),
                 cell(e.objective, 8), fmt::format("{:.4g}", e.v), fmt::format("{:.4g}", e.kappa),
                 fmt::format("{:.4g}", e.residual), cell(e.seconds, 4), cell(e.cfe, 6),
                 cell(losses::to_bits(e.cde), 4)});
  return table;
}

void draw_filters(const std::string& path, const Tensor& filters, int64_t most) {
  const Tensor shown = slice(filters, 1, 0, most);
  const auto width = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(shown.size(0)))));
  const Tensor tiles = transpose(shown / max(abs(shown), {0}, true)).contiguous();
  const int64_t zoom = (24 + width - 1) / width;
  data::write_png(path,
                  data::image_grid(reshape(tiles, {shown.size(1), width, width}),
                                   {.padding = 1, .zoom = zoom, .low = -1, .high = 1, .background = 0}));
}

void draw_cfe(const Session& session, const std::string& name, const std::vector<Fit>& fits) {
  std::vector<plot::Series> seconds, epochs;
  for (const Fit& fit : fits) {
    plot::Series by_seconds{.name = fit.method}, by_epochs{.name = fit.method};
    for (const losses::NpiEpoch& e : fit.history) {
      if (std::isnan(e.cfe)) continue;
      by_epochs.x.push_back(e.epoch);
      by_epochs.y.push_back(e.cfe);
      if (e.epoch == 0) continue;  // the logarithm of no time
      by_seconds.x.push_back(std::log10(e.seconds));
      by_seconds.y.push_back(e.cfe);
    }
    seconds.push_back(by_seconds);
    epochs.push_back(by_epochs);
  }
  const std::string title = "entropy of the filter outputs: lower is sparser", y = "CFE, bits";
  plot::lines_png(session.path(name + "_seconds.png"), seconds,
                  {.title = title, .x_label = "log10 of seconds", .y_label = y});
  plot::lines_png(session.path(name + "_epochs.png"), epochs,
                  {.title = title, .x_label = "epochs", .y_label = y});
}

}  // namespace npi
