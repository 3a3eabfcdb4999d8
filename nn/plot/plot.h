// Small pictures of results, as PNG: points coloured by class, and lines over a common axis.
#pragma once

#include <string>
#include <vector>

#include <infograd/core/tensor.h>

namespace infograd::plot {

struct ScatterOptions {
  int width = 900;
  int height = 900;
  double radius = 2.5;  ///< of a point, pixels
  double opacity = 0.7;
  std::string title{};
  std::vector<std::string> classes{};  ///< legend; empty = the label numbers
};
/// points f32 or f64 [N, 2], labels i64 [N] in 0 .. 19. Axes-free: what counts in a projection is who is near
/// whom. The view spans the central 99 % of the points; the few outside are drawn at the rim. Non-finite
/// points are left out.
INFOGRAD_API void scatter_png(const std::string& path, const Tensor& points, const Tensor& labels,
                              const ScatterOptions& options = {});

struct Series {
  std::string name{};
  std::vector<double> x{}, y{};  ///< of equal length; a non-finite value breaks the line
  bool dashed = false;           ///< for a reference such as the truth
  /// Single runs of which y is the mean, say: over the same x, light, behind all lines.
  std::vector<std::vector<double>> runs{};
};
struct LineOptions {
  int width = 900;
  int height = 560;
  std::string title{}, x_label{}, y_label{};
  std::vector<std::string> x_names{};  ///< said at x = 0, 1, .. in place of numbers; empty: numbers
};
/// Several lines with axes, tick numbers and a legend. Text: ASCII letters, digits and common signs.
INFOGRAD_API void lines_png(const std::string& path, const std::vector<Series>& series,
                            const LineOptions& options = {});

}  // namespace infograd::plot
