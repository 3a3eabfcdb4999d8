// Spatial transforms: where to sample, and bilinear samples there.
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/layout.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/sampling.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/support.h>

namespace infograd {
namespace {

/// Centres of n pixels in [-1, 1]: the borders are the centres of the outer pixels (align_corners) or their
/// outer edges.
Tensor pixel_centres(int64_t n, bool align_corners, const Tensor& like) {
  const double border = n < 2 ? 0 : align_corners ? 1 : 1 - 1 / static_cast<double>(n);
  return linspace(-border, border, n, like.dtype(), like.device());
}

void check_grid_sample(const Tensor& x, const Tensor& grid) {
  check_same("grid_sample", x, grid);
  check_floating("grid_sample", "x", x);
  if (x.rank() != 4 || grid.rank() != 4 || grid.size(3) != 2 || grid.size(0) != x.size(0)) {
    fail<ShapeError>(
        "grid_sample: x {} and grid {} do not fit: x is [B, C, H, W], grid is [B, Ho, Wo, 2] with the same B "
        "(x, then y)",
        describe(x), describe(grid));
  }
  if (x.size(2) < 1 || x.size(3) < 1)
    fail<ShapeError>("grid_sample: x {} has no pixels to sample", describe(x));
}

/// `mode` holds the settings of the kernel calls.
Tensor sample(const char* op, const Tensor& x, const Tensor& grid, const GridSampleArgs& mode) {
  const Shape shape{x.size(0), x.size(1), grid.size(1), grid.size(2)};
  Tensor y = is_channels_last(x) ? empty_channels_last(shape, x.dtype(), x.device())
                                 : empty(shape, x.dtype(), x.device());
  GridSampleArgs args = mode;
  args.x = ConstView(x);
  args.grid = ConstView(grid);
  args.y = View(y);
  {
    const trace::Call call("grid_sample");
    backend_for(x.device()).grid_sample(args);
  }
  if (grad_needed({&x, &grid})) {
    record(
        y, op, {&x, &grid},
        [x = Saved(x), grid = Saved(grid), mode](const Tensor& g, Needs needs) {
          const Tensor image = x.get(), positions = grid.get();
          Backend& backend = backend_for(image.device());
          const Tensor dx = needs[0] ? detail::empty_like_layout(image, image.dtype()) : Tensor();
          const Tensor dgrid =
              needs[1] ? empty(positions.shape(), positions.dtype(), positions.device()) : Tensor();
          if (needs[0]) backend.fill(View(dx), 0);  // the kernel adds into it
          GridSampleArgs backward = mode;
          backward.x = ConstView(image);
          backward.grid = ConstView(positions);
          backward.dy = ConstView(g);
          backward.dx = optional_view(dx);
          backward.dgrid = optional_view(dgrid);
          const trace::Call call("grid_sample_grad");
          backend.grid_sample_grad(backward);
          return Grads{dx, dgrid};
        },
        SecondOrder::no);
  }
  return y;
}

}  // namespace

Tensor affine_grid(const Tensor& theta, int64_t height, int64_t width, bool align_corners) {
  check_floating("affine_grid", "theta", theta);
  if (theta.rank() != 3 || theta.size(1) != 2 || theta.size(2) != 3) {
    fail<ShapeError>("affine_grid: theta {} must be [B, 2, 3], one 2 x 3 matrix per image", describe(theta));
  }
  check<ShapeError>(height >= 0 && width >= 0, "affine_grid: extents {} x {} are negative", height, width);
  const Shape plane{height, width};
  const Tensor x = expand(unsqueeze(pixel_centres(width, align_corners, theta), 0), plane);
  const Tensor y = expand(unsqueeze(pixel_centres(height, align_corners, theta), 1), plane);
  const Tensor one = expand(ones({1, 1}, theta.dtype(), theta.device()), plane);
  const Tensor positions = reshape(stack({x, y, one}, -1), {height * width, 3});  // homogeneous
  const PrecisionScope exact(Precision::f32);  // bf16 would move samples by pixels
  return reshape(matmul(positions, transpose(theta)), {theta.size(0), height, width, 2});
}

Tensor grid_sample(const Tensor& x, const Tensor& grid, const GridSampleOptions& options) {
  check_grid_sample(x, grid);
  GridSampleArgs mode;
  mode.align_corners = options.align_corners;
  mode.padding = options.padding;
  return sample("grid_sample", x, grid, mode);
}

SampledImage grid_sample_bilinear(const Tensor& image, const Tensor& gx, const Tensor& gy) {
  constexpr const char* op = "grid_sample_bilinear";
  check_floating(op, "image", image);
  check_same(op, image, gx);
  check_same(op, gx, gy);
  check<ShapeError>(
      image.rank() == 4 && gx.rank() == 3 && gx.shape() == gy.shape() && gx.size(0) == image.size(0),
      "{}: image {}, gx {} and gy {} do not fit: image is [B, C, H, W], gx and gy are [B, Ho, Wo] with the "
      "same B",
      op, describe(image), describe(gx), describe(gy));
  check<ShapeError>(image.size(2) > 0 && image.size(3) > 0, "{}: image {} has no pixels to sample", op,
                    describe(image));
  const auto within = [](const Tensor& g, int64_t extent) {
    return logical_and(ge(g, 0), le(g, static_cast<double>(extent - 1)));
  };
  GridSampleArgs mode;
  mode.pixel_grid = true;
  return {.value = sample(op, image, stack({gx, gy}, -1), mode),
          .inside = unsqueeze(
              logical_and(within(gx, image.size(3)), within(gy, image.size(2))).to(image.dtype()), 1)};
}

}  // namespace infograd
