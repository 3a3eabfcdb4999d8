// E5: one half of a photograph denoised by what was learned from the other.
#include <cmath>

#include <fmt/core.h>

#include "session.h"

namespace npi {

using namespace ig;

namespace {

constexpr int64_t kPatch = 7;
constexpr double kNoise = 0.075;

/// Every patch as a column.
Tensor all_patches(const Tensor& image) {
  const int64_t rows = image.size(0) - kPatch + 1, columns = image.size(1) - kPatch + 1;
  std::vector<Tensor> pixels;
  for (int64_t i = 0; i < kPatch * kPatch; ++i)
    pixels.push_back(
        flatten(slice(slice(image, 0, i / kPatch, i / kPatch + rows), 1, i % kPatch, i % kPatch + columns)));
  return stack(pixels);
}

double distance(const Tensor& a, const Tensor& b) {
  return norm(flatten(a - b)).item();
}

}  // namespace

void e5_denoising(Session& session) {
  const Options& options = session.options();
  const Tensor image = data::load_grey_images(session.photographs()).front();
  const int64_t middle = image.size(1) / 2;
  const Tensor left = all_patches(slice(image, 1, 0, middle)), clean = slice(image, 1, middle).contiguous();
  Generator generator(options.seed);
  const Tensor noisy = clean + rand_normal(clean.shape(), 0, kNoise, DType::f64, generator);
  const double noise = distance(noisy, clean);
  session.begin(
      fmt::format("E5: denoising, {} x {} patches of the left half, noise {} on the right half, seed {}",
                  kPatch, kPatch, kNoise, options.seed));

  const int epochs = options.pick(4, 40, 100);
  const auto fit = [&](int64_t k0, int t_max) {
    return losses::Npi({.eps = 0.975,
                        .k0 = k0,
                        .t0 = (t_max + 1) / 2,
                        .t_max = t_max,
                        .device = options.device,
                        .seed = options.seed})
        .fit(left);
  };
  shared::Table table({"K0", "restored norm", "of the noise norm", "change by learning C"});
  Tensor shown;
  const auto row = [&](int64_t k0, const std::string& name) {
    const losses::NpiResult learned = fit(k0, epochs);
    const Tensor restored = losses::npi_denoise(learned, noisy, kPatch);
    // One epoch stands for a C that has learned nothing yet.
    const Tensor unlearned = losses::npi_denoise(fit(k0, 1), noisy, kPatch);
    if (k0 == 14) shown = restored;
    table.add({name.empty() ? fmt::format("{}", k0) : fmt::format("{} ({})", learned.k0, name),
               fmt::format("{:.4f}", distance(restored, clean)),
               fmt::format("{:.4f}", distance(restored, clean) / noise),
               fmt::format("{:.2g}", max(abs(restored - unlearned)).item())});
  };
  for (const int64_t k0 : {4, 8, 14, 28, 40}) row(k0, "");
  row(0, "eps = 0.975");
  session.table("e5", table);
  session.note(
      fmt::format("Norm of the noise {:.4f}, expected {:.4f}. What is learned does not matter here: B W^T = "
                  "U0 U0^T whatever C is; "
                  "only the truncation to K0 dimensions denoises.",
                  noise, kNoise * std::sqrt(static_cast<double>(clean.numel()))));
  data::write_png(session.path("npi_denoising.png"),
                  data::image_grid(stack({clean, noisy, shown}), {.columns = 3, .padding = 4}));
}

}  // namespace npi
