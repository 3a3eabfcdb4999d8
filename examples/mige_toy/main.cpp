// The toy experiment of MIGE: the gradient of the mutual information of correlated Gaussians, against the
// truth.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/core.h>

#include "../shared/replace_file.h"
#include "../shared/run_all.h"
#include "../shared/run_program.h"
#include "../shared/table.h"
#include "curve.h"

namespace {

using namespace mige_toy;

/// The curves of one method and dimension, one per seed.
using Seeds = std::vector<const Curve*>;

std::vector<Curve> all_curves(const Options& options) {
  std::vector<Curve> curves;
  const auto add = [&](Method method, int64_t d, int64_t seeds) {
    for (int64_t i = 0; i < seeds; ++i)
      curves.push_back({.method = method, .d = d, .seed = options.seed + static_cast<uint64_t>(i)});
  };
  for (const int64_t d : options.mine_dims)  // the longest first
    for (const Method method : {Method::mine, Method::mine_f}) add(method, d, options.mine_seeds);
  for (const int64_t d : options.dims)
    for (const Method method : {Method::mige, Method::whitened}) add(method, d, options.seeds);
  return curves;
}

Seeds seeds_of(const std::vector<Curve>& curves, Method method, int64_t d) {
  Seeds found;
  for (const Curve& curve : curves)
    if (curve.method == method && curve.d == d) found.push_back(&curve);
  return found;
}

/// f of every curve, as "mean +- se".
template <class F>
std::string over(const Seeds& seeds, int digits, F f) {
  std::vector<double> values;
  for (const Curve* curve : seeds) values.push_back(f(*curve));
  return shared::to_string(shared::mean_of(values), digits);
}

/// Mean over all points of all seeds.
template <class F>
std::string over_points(const Seeds& seeds, int digits, F f) {
  double sum = 0, count = 0;
  for (const Curve* curve : seeds)
    for (const Point& point : curve->points) sum += f(point), ++count;
  return fmt::format("{:.{}f}", sum / count, digits);
}

std::vector<int64_t> dimensions(const Options& options) {
  std::vector<int64_t> all = options.dims;
  all.insert(all.end(), options.mine_dims.begin(), options.mine_dims.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::string table_of(const std::vector<Curve>& curves, const Options& options) {
  shared::Table table({"d", "method", "seeds", "RMSE", "slope", "J joint", "J marginal", "sigma joint",
                       "sigma marginal", "ms per gradient"});
  for (const int64_t d : dimensions(options))
    for (const Method method : {Method::mige, Method::whitened, Method::mine, Method::mine_f}) {
      const Seeds seeds = seeds_of(curves, method, d);
      if (seeds.empty()) continue;
      const bool spectral = method == Method::mige || method == Method::whitened;
      const auto info = [&](int digits, auto f) { return spectral ? over_points(seeds, digits, f) : "-"; };
      table.add({fmt::format("{}", d), name(method), fmt::format("{}", seeds.size()),
                 over(seeds, 3, [](const Curve& c) { return c.rmse(); }),
                 over(seeds, 3, [](const Curve& c) { return c.slope(); }),
                 info(1, [](const Point& p) { return static_cast<double>(p.joint.J); }),
                 info(1, [](const Point& p) { return static_cast<double>(p.marginal.J); }),
                 info(2, [](const Point& p) { return p.joint.sigma; }),
                 info(2, [](const Point& p) { return p.marginal.sigma; }),
                 over(seeds, 1, [](const Curve& c) { return c.milliseconds; })});
    }
  return table.markdown();
}

std::string csv_of(const std::vector<Curve>& curves) {
  shared::Table table({"d", "method", "seed", "rho", "truth", "gradient", "J_joint", "J_marginal",
                       "sigma_joint", "sigma_marginal"});
  const auto number = [](double value) { return fmt::format("{:.8g}", value); };
  for (const Curve& curve : curves)
    for (const Point& p : curve.points)
      table.add({fmt::format("{}", curve.d),
                 curve.method == Method::whitened ? "whitened" : name(curve.method),
                 fmt::format("{}", curve.seed), number(p.rho), number(p.truth), number(p.gradient),
                 fmt::format("{}", p.joint.J), fmt::format("{}", p.marginal.J), number(p.joint.sigma),
                 number(p.marginal.sigma)});
  return table.csv();
}

/// Means over seeds, and light behind them the single ones.
void draw(const std::vector<Curve>& curves, int64_t d, const std::string& path) {
  ig::plot::Series exact{.name = "exact", .dashed = true};
  for (int i = 0; i < 256; ++i) {
    const double rho = -0.8 + 1.6 * i / 255;
    exact.x.push_back(rho);
    exact.y.push_back(static_cast<double>(d) * rho / (1 - rho * rho));
  }
  std::vector<ig::plot::Series> lines{exact};
  for (const Method method : {Method::mige, Method::whitened, Method::mine, Method::mine_f}) {
    const Seeds seeds = seeds_of(curves, method, d);
    if (seeds.empty()) continue;
    ig::plot::Series mean{.name = name(method)};
    for (size_t i = 0; i < seeds[0]->points.size(); ++i) {
      double sum = 0;
      for (const Curve* curve : seeds) sum += curve->points[i].gradient;
      mean.x.push_back(seeds[0]->points[i].rho);
      mean.y.push_back(sum / static_cast<double>(seeds.size()));
    }
    if (seeds.size() > 1)
      for (const Curve* curve : seeds) {
        std::vector<double>& run = mean.runs.emplace_back();
        for (const Point& point : curve->points) run.push_back(point.gradient);
      }
    lines.push_back(mean);
  }
  ig::plot::lines_png(path, lines,
                      {.title = fmt::format("dI/drho, d = {}: mean over seeds, light: single seeds", d),
                       .x_label = "correlation",
                       .y_label = "dI/drho"});
}

int program(const Options& options) {
  std::filesystem::create_directories(options.out);
  std::vector<Curve> curves = all_curves(options);
  shared::run_all(static_cast<int64_t>(curves.size()), options.jobs, options.quiet,
                  [&](int64_t i) { run(curves[static_cast<size_t>(i)], options); });
  const std::string text =
      fmt::format("Correlated Gaussians, batches of {}, seeds from {}: dI/drho over rho in -0.8 .. 0.8\n\n",
                  kBatch, options.seed) +
      table_of(curves, options);
  shared::replace_file(options.out + "/table.md", text);
  shared::replace_file(options.out + "/mige_toy.csv", csv_of(curves));
  for (const int64_t d : dimensions(options))
    draw(curves, d, fmt::format("{}/mige_toy_d{}.png", options.out, d));
  fmt::print("{}\nwritten to {}: table.md mige_toy.csv mige_toy_d*.png\n", text, options.out);
  for (const Curve& curve : curves)
    if (!std::isfinite(curve.rmse()))
      throw ig::ValueError(fmt::format("{} at d = {} is not finite", name(curve.method), curve.d));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  return shared::run_program("mige_toy", [&] { return program(options); });
}
