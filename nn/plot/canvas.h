// Private: an RGB picture on which discs, lines and text are drawn with soft edges.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace infograd::plot {

struct Colour {
  float r, g, b;  ///< 0 .. 1
};
inline constexpr Colour kInk{0.15F, 0.16F, 0.18F}, kPaper{0.985F, 0.985F, 0.98F}, kGrid{0.89F, 0.89F, 0.89F};

/// Twenty colours that are told apart: ten hues, then the same darker.
Colour palette(size_t index);

/// Coordinates are pixels, x to the right, y downward, (0, 0) the centre of the first pixel.
class Canvas {
 public:
  Canvas(int width, int height, Colour background = kPaper);
  int width() const { return width_; }
  int height() const { return height_; }

  void disc(double x, double y, double radius, Colour colour, double opacity = 1);
  /// With round ends.
  void line(double x0, double y0, double x1, double y1, double thickness, Colour colour, double opacity = 1);
  void rectangle(double x0, double y0, double x1, double y1, double thickness, Colour colour);

  enum class Align { left, centre, right };
  /// `y` is the baseline, `size` the height of a capital. Signs without a glyph are drawn as a box.
  void text(double x, double y, std::string_view text, double size, Colour colour = kInk,
            Align align = Align::left, double weight = 1);
  static double text_width(std::string_view text, double size);

  void write_png(const std::string& path) const;

 private:
  void blend(int x, int y, Colour colour, double coverage);
  int width_, height_;
  std::vector<Colour> pixels_;
};

}  // namespace infograd::plot
