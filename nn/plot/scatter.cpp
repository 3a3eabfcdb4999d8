#include <algorithm>
#include <cmath>

#include <infograd/core/check.h>
#include <infograd/nn/plot/canvas.h>
#include <infograd/nn/plot/plot.h>

namespace infograd::plot {

namespace {

constexpr int64_t kMaxClasses = 20;

struct Range {
  double low = 0, high = 1;
  double middle() const { return (low + high) / 2; }
};

double quantile(std::vector<double>& values, double share) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// Of the finite values of column `axis`.
Range central(const std::vector<double>& points, size_t axis) {
  std::vector<double> values;
  for (size_t i = axis; i < points.size(); i += 2)
    if (std::isfinite(points[i])) values.push_back(points[i]);
  if (values.empty()) return {};
  return {quantile(values, 0.005), quantile(values, 0.995)};
}

}  // namespace

void scatter_png(const std::string& path, const Tensor& points, const Tensor& labels,
                 const ScatterOptions& options) {
  check_defined("scatter_png", "points", points);
  check_defined("scatter_png", "labels", labels);
  check<ShapeError>(
      points.rank() == 2 && points.size(1) == 2 && labels.rank() == 1 && labels.size(0) == points.size(0),
      "scatter_png: points [N, 2] and labels [N] needed, found {} and {}", describe(points),
      describe(labels));
  check<DTypeError>(is_floating(points.dtype()) && labels.dtype() == DType::i64,
                    "scatter_png: floating points and i64 labels needed, found {} and {}", describe(points),
                    describe(labels));
  check<ValueError>(
      options.width >= 200 && options.height >= 200 && options.width <= 8192 && options.height <= 8192,
      "scatter_png: {} x {} pixels; each side must lie in 200 .. 8192", options.width, options.height);
  const auto xy = points.detach().to(DType::f64).to_vector<double>();
  const auto classes = labels.to_vector<int64_t>();
  int64_t count = 0;
  for (int64_t label : classes) {
    check<ValueError>(label >= 0 && label < kMaxClasses, "scatter_png: label {} outside 0 .. {}", label,
                      kMaxClasses - 1);
    count = std::max(count, label + 1);
  }
  const auto class_name = [&](int64_t label) {
    const auto i = static_cast<size_t>(label);
    return i < options.classes.size() ? options.classes[i] : std::to_string(label);
  };

  Canvas canvas(options.width, options.height);
  double legend_width = 0;
  for (int64_t c = 0; c < count; ++c)
    legend_width = std::max(legend_width, Canvas::text_width(class_name(c), 13));
  const double top = options.title.empty() ? 24 : 56, margin = 24;
  const double right = options.width - margin - legend_width - 44, bottom = options.height - margin;
  if (!options.title.empty()) canvas.text(margin, 36, options.title, 15);

  // One scale for both axes: distances in the picture are distances of the data.
  const Range x_range = central(xy, 0), y_range = central(xy, 1);
  const double spread_x = std::max(x_range.high - x_range.low, 1e-12),
               spread_y = std::max(y_range.high - y_range.low, 1e-12);
  const double scale = 0.88 * std::min((right - margin) / spread_x, (bottom - top) / spread_y);
  const auto place = [&](double x, double y) {
    return std::pair(std::clamp((margin + right) / 2 + scale * (x - x_range.middle()), margin, right),
                     std::clamp((top + bottom) / 2 - scale * (y - y_range.middle()), top, bottom));
  };
  for (size_t i = 0; i < classes.size(); ++i) {
    if (!std::isfinite(xy[2 * i]) || !std::isfinite(xy[2 * i + 1])) continue;
    const auto [px, py] = place(xy[2 * i], xy[2 * i + 1]);
    canvas.disc(px, py, options.radius, palette(static_cast<size_t>(classes[i])), options.opacity);
  }
  for (int64_t c = 0; c < count; ++c) {
    const double y = top + 14 + 26 * static_cast<double>(c), x = right + 30;
    canvas.disc(x, y, 7, palette(static_cast<size_t>(c)));
    canvas.text(x + 16, y + 6.5, class_name(c), 13);
  }
  canvas.write_png(path);
}

}  // namespace infograd::plot
