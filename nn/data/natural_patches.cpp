#include <algorithm>
#include <cmath>
#include <filesystem>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/core/generator.h>
#include <infograd/nn/data/natural_patches.h>
#include <infograd/nn/image/png.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::data {
namespace {

Tensor grey(const Tensor& image) {
  const Tensor values = image.to(DType::f64);
  return image.rank() == 2 ? values : matmul(values, tensor({0.299, 0.587, 0.114}, DType::f64));
}

/// cos and sin of 2 pi j k / n, [n, n].
struct Waves {
  Tensor cosine, sine;
};
Waves waves(int64_t n) {
  std::vector<double> angle;
  for (int64_t j = 0; j < n; ++j)
    for (int64_t k = 0; k < n; ++k)
      angle.push_back(2 * std::acos(-1.0) * static_cast<double>(j * k % n) / static_cast<double>(n));
  const Tensor angles = from_data(angle, {n, n});
  return {cos(angles), sin(angles)};
}

/// The real filter at every frequency of an image [h, w].
Tensor gain(int64_t h, int64_t w) {
  const auto cycles = [](int64_t k, int64_t n) {
    return static_cast<double>(std::min(k, n - k)) / static_cast<double>(n);
  };
  std::vector<double> values;
  for (int64_t j = 0; j < h; ++j)
    for (int64_t k = 0; k < w; ++k) {
      const double f = std::hypot(cycles(j, h), cycles(k, w));
      values.push_back(f * std::exp(-std::pow(f / 0.4, 4)));
    }
  return from_data(values, {h, w});
}

/// By the discrete Fourier transform as products of matrices, real and imaginary parts apart.
Tensor filtered(const Tensor& image) {
  const int64_t h = image.size(0), w = image.size(1);
  const Waves rows = waves(h), columns = waves(w);
  const auto both = [&](const Tensor& left, const Tensor& x, const Tensor& right) {
    return matmul(matmul(left, x), right);
  };
  const Tensor response = gain(h, w) * (1 / static_cast<double>(image.numel()));
  const Tensor real =
      response * (both(rows.cosine, image, columns.cosine) - both(rows.sine, image, columns.sine));
  const Tensor imaginary =
      -(response * (both(rows.sine, image, columns.cosine) + both(rows.cosine, image, columns.sine)));
  return both(rows.cosine, real, columns.cosine) - both(rows.sine, real, columns.sine) -
         both(rows.sine, imaginary, columns.cosine) - both(rows.cosine, imaginary, columns.sine);
}

}  // namespace

std::vector<Tensor> load_grey_images(const std::string& folder) {
  const NoGrad no_grad;
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".png") paths.push_back(entry.path().string());
  check<IoError>(!paths.empty(), "{}: no folder with PNG files{}{}", folder, error ? ": " : "",
                 error ? error.message() : "");
  std::sort(paths.begin(), paths.end());
  std::vector<Tensor> images;
  for (const std::string& path : paths) {
    const Tensor image = grey(read_png(path));
    const double low = min(image).item(), high = max(image).item();
    check<ValueError>(high > low, "{}: the whole image has the grey {}", path, low);
    images.push_back((image - low) * (1 / (high - low)));
  }
  return images;
}

std::vector<Tensor> olshausen_prefilter(const std::vector<Tensor>& images) {
  const NoGrad no_grad;
  std::vector<Tensor> result;
  double variance = 0;
  for (const Tensor& image : images) {
    result.push_back(filtered(image));
    variance += var(result.back(), {}, 0).item() / static_cast<double>(images.size());
  }
  for (Tensor& image : result) image = image * std::sqrt(0.1 / variance);
  return result;
}

Tensor random_patches(const std::vector<Tensor>& images, int64_t width, int64_t count, uint64_t seed) {
  check<ValueError>(!images.empty() && width >= 1 && count >= 1,
                    "random_patches: {} patches of width {} from {} images; at least one of each", count,
                    width, images.size());
  for (const Tensor& image : images)
    check<ValueError>(
        image.rank() == 2 && image.dtype() == DType::f64 && image.size(0) >= width && image.size(1) >= width,
        "random_patches: a patch of width {} does not fit the image {}; f64 [H, W] needed", width,
        describe(image));
  Generator generator(seed);
  std::vector<double> patches(static_cast<size_t>(width * width * count));
  for (int64_t i = 0; i < count; ++i) {
    const Tensor image = images[generator.below(images.size())].to(cpu).contiguous();
    const double* pixels = image.data<double>();
    const auto corner = [&](int axis) {
      return static_cast<int64_t>(generator.below(static_cast<uint64_t>(image.size(axis) - width + 1)));
    };
    const int64_t top = corner(0), left = corner(1);
    for (int64_t p = 0; p < width * width; ++p)
      patches[static_cast<size_t>(p * count + i)] =
          pixels[(top + p / width) * image.size(1) + left + p % width];
  }
  return from_data(patches, {width * width, count});
}

Tensor load_natural_patches(const std::string& folder, int64_t width, int64_t count, uint64_t seed) {
  return random_patches(load_grey_images(folder), width, count, seed);
}

}  // namespace infograd::data
