#include "study.h"

#include <algorithm>

#include <fmt/core.h>

namespace registration {

using namespace ig;
using shared::ImageLoss;
using shared::IntensityMap;

int64_t Cell::successes() const {
  return std::count_if(result.errors.begin(), result.errors.end(),
                       [](double error) { return error < kSuccess; });
}

double Cell::median() const {
  std::vector<double> sorted = result.errors;
  std::sort(sorted.begin(), sorted.end());
  const size_t n = sorted.size();
  return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

Problem problem_of(const Cell& cell) {
  return cell.warp == Warp::translation ? translation(*cell.scenes, cell.map, cell.amount)
                                        : affine(*cell.scenes, cell.map, cell.amount);
}

std::vector<Cell> comparison(const std::vector<Scenes>& sets, const Options& options) {
  struct Task {
    Warp warp;
    std::vector<IntensityMap> maps;
    std::vector<double> amounts;
    double swept;  ///< the amount at which other learning rates are tried
  };
  using enum IntensityMap;
  std::vector<Task> tasks{{Warp::translation, {same, gamma, inverted, folded}, {1, 2, 4, 8}, 4},
                          {Warp::affine, {same, inverted}, {.05, .1, .15}, .1}};
  if (options.quick)
    tasks = {{Warp::translation, {same, inverted}, {2}, 2}, {Warp::affine, {inverted}, {.05}, .05}};
  std::vector<Cell> cells;
  for (const Scenes& scenes : sets)
    for (const Task& task : tasks)
      for (const IntensityMap map : task.maps)
        for (const ImageLoss& loss : shared::single_losses())
          for (const double amount : task.amounts) {
            cells.push_back({&scenes, task.warp, map, amount, loss});
            if (&scenes != &sets.front() || amount != task.swept) continue;
            for (const double scale : options.lr_scales)
              if (scale != 1) cells.push_back({&scenes, task.warp, map, amount, loss, scale});
          }
  return cells;
}

std::vector<Cell> ablation(const Scenes& scenes, const Options& options) {
  struct Family {
    const char* name;
    Membership membership;
  };
  struct Form {
    const char* name;
    losses::FuzzyMiLoss loss;
  };
  const std::vector<int> bins = options.quick ? std::vector<int>{11} : std::vector<int>{5, 11, 32};
  const std::vector<double> distances = options.quick ? std::vector<double>{2} : std::vector<double>{2, 4, 6};
  std::vector<Cell> cells;
  for (const Family& family : {Family{"triangular", Membership::triangular},
                               {"triangular_cell", Membership::triangular_cell},
                               {"gaussian", Membership::gaussian},
                               {"cubic_bspline", Membership::cubic_bspline}})
    for (const int n : bins)
      for (const Form& form : {Form{"A", losses::FuzzyMiLoss::lmi}, {"NMI", losses::FuzzyMiLoss::rajski}})
        for (const double distance : distances)
          cells.push_back({&scenes, Warp::translation, IntensityMap::same, distance,
                           shared::fuzzy(fmt::format("{} {} N={}", form.name, family.name, n),
                                         {.loss = form.loss,
                                          .histogram = {.bins = n, .membership = family.membership}})});
  return cells;
}

}  // namespace registration
