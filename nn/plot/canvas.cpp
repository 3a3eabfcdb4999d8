#include <algorithm>
#include <cmath>
#include <iterator>

#include <infograd/core/tensor.h>
#include <infograd/nn/image/png.h>
#include <infograd/nn/plot/canvas.h>
#include <infograd/nn/plot/font.h>

namespace infograd::plot {

namespace {

struct GlyphExtent {
  int left = 0, right = 3;  // a space
};
GlyphExtent extent(std::string_view strokes) {
  if (strokes.empty()) return {};
  GlyphExtent result{9, 0};
  for (size_t i = 0; i < strokes.size(); i += strokes[i] == ' ' ? 1 : 2) {
    if (strokes[i] == ' ') continue;
    result.left = std::min(result.left, strokes[i] - '0');
    result.right = std::max(result.right, strokes[i] - '0');
  }
  return result;
}
constexpr double kGap = 2;  // grid units between characters

}  // namespace

Colour palette(size_t index) {
  static constexpr Colour kHues[] = {
      {.12F, .47F, .71F}, {1.0F, .50F, .05F}, {.17F, .63F, .17F}, {.84F, .15F, .16F}, {.58F, .40F, .74F},
      {.55F, .34F, .29F}, {.89F, .42F, .73F}, {.45F, .45F, .45F}, {.72F, .73F, .10F}, {.09F, .73F, .80F}};
  const Colour hue = kHues[index % std::size(kHues)];
  const float shade = index / std::size(kHues) % 2 == 0 ? 1.0F : 0.55F;
  return {hue.r * shade, hue.g * shade, hue.b * shade};
}

Canvas::Canvas(int width, int height, Colour background)
    : width_(width),
      height_(height),
      pixels_(static_cast<size_t>(width) * static_cast<size_t>(height), background) {}

void Canvas::blend(int x, int y, Colour colour, double coverage) {
  Colour& pixel = pixels_[static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x)];
  const auto a = static_cast<float>(coverage);
  pixel = {pixel.r + a * (colour.r - pixel.r), pixel.g + a * (colour.g - pixel.g),
           pixel.b + a * (colour.b - pixel.b)};
}

void Canvas::disc(double x, double y, double radius, Colour colour, double opacity) {
  line(x, y, x, y, 2 * radius, colour, opacity);
}

// A pixel is covered by how far its centre lies inside the outline, one pixel wide from full to none.
void Canvas::line(double x0, double y0, double x1, double y1, double thickness, Colour colour,
                  double opacity) {
  if (!std::isfinite(x0 + y0 + x1 + y1)) return;
  const double radius = thickness / 2, reach = radius + 1;
  const auto clip = [](double value, int limit) {
    return static_cast<int>(std::clamp(value, 0.0, double(limit)));
  };
  const int left = clip(std::min(x0, x1) - reach, width_), right = clip(std::max(x0, x1) + reach + 1, width_);
  const int top = clip(std::min(y0, y1) - reach, height_),
            bottom = clip(std::max(y0, y1) + reach + 1, height_);
  const double ux = x1 - x0, uy = y1 - y0, inverse = 1 / std::max(ux * ux + uy * uy, 1e-12);
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x) {
      const double px = x - x0, py = y - y0;
      const double t = std::clamp((px * ux + py * uy) * inverse, 0.0, 1.0);
      const double coverage =
          std::clamp(radius + 0.5 - std::hypot(px - t * ux, py - t * uy), 0.0, std::min(1.0, thickness));
      if (coverage > 0) blend(x, y, colour, opacity * coverage);
    }
}

void Canvas::rectangle(double x0, double y0, double x1, double y1, double thickness, Colour colour) {
  line(x0, y0, x1, y0, thickness, colour);
  line(x1, y0, x1, y1, thickness, colour);
  line(x1, y1, x0, y1, thickness, colour);
  line(x0, y1, x0, y0, thickness, colour);
}

double Canvas::text_width(std::string_view text, double size) {
  double units = text.empty() ? 0 : -kGap;
  for (char character : text) {
    const GlyphExtent e = extent(glyph(character));
    units += e.right - e.left + kGap;
  }
  return units * size / 6;
}

void Canvas::text(double x, double y, std::string_view text, double size, Colour colour, Align align,
                  double weight) {
  const double unit = size / 6, thickness = weight * std::max(1.0, size / 7);
  if (align != Align::left) x -= text_width(text, size) * (align == Align::right ? 1.0 : 0.5);
  for (char character : text) {
    const std::string_view strokes = glyph(character);
    const GlyphExtent e = extent(strokes);
    bool down = false;
    double from_x = 0, from_y = 0;
    for (size_t i = 0; i < strokes.size(); i += strokes[i] == ' ' ? 1 : 2) {
      if (strokes[i] == ' ') {
        down = false;
        continue;
      }
      const double to_x = x + (strokes[i] - '0' - e.left) * unit, to_y = y + (strokes[i + 1] - '6') * unit;
      if (down) line(from_x, from_y, to_x, to_y, thickness, colour);
      down = true;
      from_x = to_x;
      from_y = to_y;
    }
    x += (e.right - e.left + kGap) * unit;
  }
}

void Canvas::write_png(const std::string& path) const {
  Tensor image = empty({height_, width_, 3}, DType::u8);
  uint8_t* out = image.data<uint8_t>();
  const auto byte = [](float value) {
    return static_cast<uint8_t>(std::lround(255 * std::clamp(value, 0.0F, 1.0F)));
  };
  for (const Colour& pixel : pixels_) {
    *out++ = byte(pixel.r);
    *out++ = byte(pixel.g);
    *out++ = byte(pixel.b);
  }
  data::write_png(path, image);
}

}  // namespace infograd::plot
