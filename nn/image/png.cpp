#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <cmath>

#include <stb_image_write.h>

#include <infograd/core/check.h>
#include <infograd/nn/image/png.h>
#include <infograd/nn/io/file.h>

namespace infograd::data {

void write_png(const std::string& path, const Tensor& image) {
  check_defined("write_png", "image", image);
  check<DTypeError>(image.dtype() == DType::u8, "write_png: u8 needed, found {}; scale to 0 .. 255 first",
                    describe(image));
  const Shape& shape = image.shape();
  const bool plane = shape.rank() == 3 && shape[0] == 1,
             colour = shape.rank() == 3 && shape[2] == 3 && !plane;
  check<ShapeError>(shape.rank() == 2 || plane || colour,
                    "write_png: [H, W], [1, H, W] or [H, W, 3] needed, found {}", describe(image));
  const int64_t height = shape[plane ? 1 : 0], width = shape[plane ? 2 : 1];
  check<ShapeError>(height >= 1 && width >= 1 && height <= 32768 && width <= 32768,
                    "write_png: extents 1 .. 32768 needed, found {}", describe(image));
  const Tensor host = image.to(cpu).contiguous();
  const int channels = colour ? 3 : 1;
  io::Bytes png;
  const auto append = [](void* context, void* data, int size) {
    auto& out = *static_cast<io::Bytes*>(context);
    const auto* bytes = static_cast<const uint8_t*>(data);
    out.insert(out.end(), bytes, bytes + size);
  };
  const int done = stbi_write_png_to_func(append, &png, static_cast<int>(width), static_cast<int>(height),
                                          channels, host.raw_data(), static_cast<int>(width) * channels);
  check<IoError>(done != 0, "{}: the PNG encoder failed on {}", path, describe(image));
  io::write_file_atomically(path, [&](const io::Sink& sink) { sink(png.data(), png.size()); });
}

Tensor image_grid(const Tensor& images, const GridOptions& options) {
  check_defined("image_grid", "images", images);
  check<ShapeError>(images.rank() == 3 || (images.rank() == 4 && images.size(1) == 1),
                    "image_grid: [N, H, W] or [N, 1, H, W] needed, found {}", describe(images));
  check<DTypeError>(images.dtype() == DType::u8 || is_floating(images.dtype()),
                    "image_grid: u8 or floating needed, found {}", describe(images));
  check<ValueError>(
      options.columns >= 0 && options.padding >= 0 && options.zoom >= 1 && options.high != options.low,
      "image_grid: columns {} and padding {} must not be negative, zoom {} at least 1, low {} and high {} "
      "differ",
      options.columns, options.padding, options.zoom, options.low, options.high);
  const int64_t n = images.size(0), h = images.size(-2), w = images.size(-1);
  check<ShapeError>(images.numel() > 0, "image_grid: no image in {}", describe(images));
  const bool bytes = images.dtype() == DType::u8;
  const Tensor host = (bytes ? images : images.detach().to(DType::f32)).to(cpu).contiguous();
  const auto grey = [&](int64_t i) {
    if (bytes) return host.data<uint8_t>()[i];
    const double value = (host.data<float>()[i] - options.low) / (options.high - options.low);
    return static_cast<uint8_t>(std::lround(255.0 * (value > 0 ? std::min(value, 1.0) : 0.0)));
  };
  const int64_t columns =
      std::min(n, options.columns > 0 ? options.columns
                                      : static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(n)))));
  const int64_t rows = (n + columns - 1) / columns, zoom = options.zoom, pad = options.padding;
  Tensor sheet = empty({rows * (h * zoom + pad) + pad, columns * (w * zoom + pad) + pad}, DType::u8);
  uint8_t* out = sheet.data<uint8_t>();
  std::fill_n(out, sheet.numel(), options.background);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t y = 0; y < h * zoom; ++y) {
      const int64_t top = pad + i / columns * (h * zoom + pad) + y,
                    left = pad + i % columns * (w * zoom + pad);
      for (int64_t x = 0; x < w * zoom; ++x)
        out[top * sheet.size(1) + left + x] = grey((i * h + y / zoom) * w + x / zoom);
    }
  return sheet;
}

}  // namespace infograd::data
