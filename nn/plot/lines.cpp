#include <algorithm>
#include <cmath>
#include <limits>

#include <infograd/core/check.h>
#include <infograd/nn/plot/canvas.h>
#include <infograd/nn/plot/plot.h>

namespace infograd::plot {

namespace {

// One axis: the interval of the data, widened, and where it lies in pixels.
struct Axis {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  double pixel_low = 0, pixel_high = 1;

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void finish(double pad) {
    if (low > high) low = 0, high = 1;
    // Never narrower than doubles can step through.
    const double least = 1e-9 * std::max(std::abs(low), std::abs(high));
    const double room = high > low ? std::max(pad * (high - low), least) : std::max(std::abs(low) * 0.1, 0.5);
    low -= room;
    high += room;
  }
  double pixel(double value) const {
    return pixel_low + (value - low) / (high - low) * (pixel_high - pixel_low);
  }
  /// 1, 2 or 5 times a power of ten: about `wanted` ticks.
  double step(double wanted) const {
    const double raw = (high - low) / wanted, power = std::pow(10, std::floor(std::log10(raw)));
    for (double factor : {1.0, 2.0, 5.0})
      if (factor * power >= raw) return factor * power;
    return 10 * power;
  }
};

// No tick says "-0" or "0.30000000000000004".
std::string tick_label(double value, double step) {
  return fmt::format("{:.6g}", std::abs(value) < step * 1e-6 ? 0.0 : value);
}

// Dashes run on through the corners of the line.
class Pen {
 public:
  Pen(Canvas& canvas, Colour colour, bool dashed, double width = 2)
      : canvas_(canvas), colour_(colour), dashed_(dashed), width_(width) {}
  void draw(double x0, double y0, double x1, double y1) {
    const double length = std::hypot(x1 - x0, y1 - y0);
    if (!dashed_) return canvas_.line(x0, y0, x1, y1, width_, colour_);
    for (double at = 0; at < length;) {
      const double phase = std::fmod(travelled_ + at, kPeriod);
      const bool on = phase < kDash;
      const double next = std::min(length, at + std::max((on ? kDash : kPeriod) - phase, 1e-6));
      const auto along = [&](double a, double b, double s) { return a + (b - a) * s / length; };
      if (on)
        canvas_.line(along(x0, x1, at), along(y0, y1, at), along(x0, x1, next), along(y0, y1, next), width_,
                     colour_);
      at = next;
    }
    travelled_ += length;
  }

 private:
  static constexpr double kDash = 8, kPeriod = 15;
  Canvas& canvas_;
  Colour colour_;
  bool dashed_;
  double width_, travelled_ = 0;
};

/// Towards the colour of the paper.
Colour light(const Colour& colour) {
  const auto mix = [](float a, float b) { return 0.4F * a + 0.6F * b; };
  return {mix(colour.r, kPaper.r), mix(colour.g, kPaper.g), mix(colour.b, kPaper.b)};
}

/// Calls body with the y of its single runs, then with its own.
template <class F>
void for_each_line(const Series& series, F body) {
  for (const std::vector<double>& run : series.runs) body(run);
  body(series.y);
}

void draw_axes(Canvas& canvas, const Axis& x, const Axis& y, const LineOptions& options) {
  const double text = 10;
  const auto ticks = [](const Axis& axis, double wanted, auto&& draw) {
    const double step = axis.step(wanted);
    for (double i = std::ceil(axis.low / step); i * step <= axis.high; ++i)
      draw(i * step, tick_label(i * step, step));
  };
  const auto column = [&](double value, const std::string& label) {
    canvas.line(x.pixel(value), y.pixel_low, x.pixel(value), y.pixel_high, 1, kGrid);
    canvas.text(x.pixel(value), y.pixel_low + 20, label, text, kInk, Canvas::Align::centre);
  };
  for (size_t i = 0; i < options.x_names.size(); ++i) column(static_cast<double>(i), options.x_names[i]);
  if (options.x_names.empty()) ticks(x, (x.pixel_high - x.pixel_low) / 90, column);
  ticks(y, (y.pixel_low - y.pixel_high) / 60, [&](double value, const std::string& label) {
    canvas.line(x.pixel_low, y.pixel(value), x.pixel_high, y.pixel(value), 1, kGrid);
    canvas.text(x.pixel_low - 9, y.pixel(value) + text / 2, label, text, kInk, Canvas::Align::right);
  });
  canvas.rectangle(x.pixel_low, y.pixel_low, x.pixel_high, y.pixel_high, 1, {0.6F, 0.6F, 0.6F});
  canvas.text((x.pixel_low + x.pixel_high) / 2, y.pixel_low + 42, options.x_label, 11, kInk,
              Canvas::Align::centre);
  canvas.text(x.pixel_low, y.pixel_high - 12, options.y_label, 11);
}

}  // namespace

void lines_png(const std::string& path, const std::vector<Series>& series, const LineOptions& options) {
  check<ValueError>(
      options.width >= 300 && options.height >= 200 && options.width <= 8192 && options.height <= 8192,
      "lines_png: {} x {} pixels; at least 300 x 200, at most 8192 each", options.width, options.height);
  Axis x, y;
  double legend_width = 0;
  for (const Series& s : series) {
    for_each_line(s, [&](const std::vector<double>& line) {
      check<ValueError>(s.x.size() == line.size(), "lines_png: series '{}' has {} x and {} y values", s.name,
                        s.x.size(), line.size());
      for (size_t i = 0; i < line.size(); ++i)
        if (std::isfinite(s.x[i]) && std::isfinite(line[i])) {
          x.include(s.x[i]);
          y.include(line[i]);
        }
    });
    legend_width = std::max(legend_width, Canvas::text_width(s.name, 11));
  }
  for (size_t i = 0; i < options.x_names.size(); ++i) x.include(static_cast<double>(i));
  x.finish(0);
  y.finish(0.05);
  x.pixel_low = 70;
  x.pixel_high = std::max(x.pixel_low + 120, options.width - 70.0 - legend_width);
  y.pixel_low = options.height - 60;
  y.pixel_high = options.title.empty() ? 40 : 70;

  Canvas canvas(options.width, options.height);
  if (!options.title.empty()) canvas.text(x.pixel_low, 32, options.title, 15);
  draw_axes(canvas, x, y, options);
  const auto colour_of = [&](size_t i) { return series[i].dashed ? kInk : palette(i); };
  const auto draw = [&](const std::vector<double>& xs, const std::vector<double>& ys, Pen pen) {
    const auto drawable = [&](size_t k) { return std::isfinite(xs[k]) && std::isfinite(ys[k]); };
    for (size_t k = 1; k < xs.size(); ++k)
      if (drawable(k - 1) && drawable(k))
        pen.draw(x.pixel(xs[k - 1]), y.pixel(ys[k - 1]), x.pixel(xs[k]), y.pixel(ys[k]));
  };
  for (size_t i = 0; i < series.size(); ++i)
    for (const std::vector<double>& run : series[i].runs)
      draw(series[i].x, run, Pen(canvas, light(colour_of(i)), series[i].dashed, 1.2));
  for (size_t i = 0; i < series.size(); ++i) {
    const Series& s = series[i];
    const Colour colour = colour_of(i);
    draw(s.x, s.y, Pen(canvas, colour, s.dashed));
    const double row = y.pixel_high + 12 + 24 * static_cast<double>(i), left = x.pixel_high + 14;
    Pen(canvas, colour, s.dashed).draw(left, row, left + 24, row);
    canvas.text(left + 34, row + 5.5, s.name, 11);
  }
  canvas.write_png(path);
}

}  // namespace infograd::plot
