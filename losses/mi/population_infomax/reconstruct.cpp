#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/population_infomax/reconstruct.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {

Tensor npi_reconstruct(const NpiResult& result, const Tensor& data) {
  const NoGrad no_grad;
  const Tensor& mean = result.whitener.mean;
  check<ValueError>(mean.defined(), "npi_reconstruct: the result has no whitener; it needs one of Npi::fit");
  check<ShapeError>(data.rank() == 2 && data.size(0) == mean.size(0),
                    "npi_reconstruct: data [{}, M] needed, found {}", mean.size(0), describe(data));
  const Tensor centred = data.detach().to(cpu).to(DType::f64) - mean;
  return matmul(result.bases, matmul(transpose(result.filters), centred)) + mean;
}

Tensor npi_denoise(const NpiResult& result, const Tensor& image, int64_t patch) {
  const NoGrad no_grad;
  check<ShapeError>(image.rank() == 2, "npi_denoise: image [H, W] needed, found {}", describe(image));
  const int64_t height = image.size(0), width = image.size(1);
  check<ValueError>(patch >= 1 && patch <= height && patch <= width,
                    "npi_denoise: a patch of {0} x {0} does not fit the image {1}", patch, describe(image));
  const Tensor clean = image.detach().to(cpu).to(DType::f64);
  const int64_t rows = height - patch + 1, columns = width - patch + 1;
  // The window of `picture` that holds pixel i of every patch.
  const auto window = [&](const Tensor& picture, int64_t i) {
    return slice(slice(picture, 0, i / patch, i / patch + rows), 1, i % patch, i % patch + columns);
  };
  std::vector<Tensor> pixels;
  for (int64_t i = 0; i < patch * patch; ++i) pixels.push_back(flatten(window(clean, i)));
  const Tensor restored = npi_reconstruct(result, stack(pixels));
  const Tensor total = zeros(image.shape(), DType::f64), count = zeros(image.shape(), DType::f64);
  for (int64_t i = 0; i < patch * patch; ++i) {
    Tensor sum_here = window(total, i), count_here = window(count, i);
    add_(sum_here, reshape(select(restored, 0, i), {rows, columns}));
    add_(count_here, 1.0);
  }
  return total / count;
}

}  // namespace infograd::losses
