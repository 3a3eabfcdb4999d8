// Acceptance 15 of MIGE: dI/drho of the correlated Gaussians is the same on every device.
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include <infograd/backends/registry.h>

#include "tests/cuda/need_cuda.h"
#include "tests/losses/mige_support.h"

namespace infograd::testing {
namespace {

using mige_test::Toy;

struct Gradient {
  double value = 0;
  int64_t kept = 0;  ///< eigenfunctions of the joint and the marginal together
};

Gradient gradient_on(Device device, DType dtype, double rho, const losses::MigeOptions& options) {
  Generator generator(15);
  const Toy drawn(64, 4, generator);
  const Tensor at = scalar(rho, dtype).to(device).set_requires_grad();
  const auto moved = [&](const Tensor& x) { return x.to(dtype).to(device); };
  const losses::MigeResult result =
      losses::mige_mi(moved(drawn.x), Toy(moved(drawn.x), moved(drawn.eps)).y(at), options);
  return {grad(result.surrogate, {at})[0].item(), result.joint.J + result.marginal_z.J};
}

Gradient by_reference(DType dtype, double rho, const losses::MigeOptions& options) {
  const BackendScope scope("reference");
  return gradient_on(cpu, dtype, rho, options);
}

void expect_agreement(Device device, DType dtype) {
  int compared = 0;
  for (const auto estimator : {losses::MigeEstimator::ssge, losses::MigeEstimator::whitened_ssge,
                               losses::MigeEstimator::nu_method, losses::MigeEstimator::stein})
    for (const double rho : {-0.7, 0.2, 0.6}) {
      const losses::MigeOptions options{.score = {.estimator = estimator}};
      const Gradient expected = by_reference(dtype, rho, options),
                     got = gradient_on(device, dtype, rho, options);
      // f32 may round an eigenvalue across the threshold; the estimates then differ by a whole function.
      if (dtype == DType::f32 && std::abs(got.kept - expected.kept) > 1) continue;
      ++compared;
      const double tolerance = dtype == DType::f64 ? 1e-8 : 1e-4;
      EXPECT_NEAR(got.value, expected.value, tolerance * std::max(1.0, std::abs(expected.value)))
          << name(dtype) << " rho " << rho << " estimator " << static_cast<int>(estimator) << ", kept "
          << got.kept << " and " << expected.kept;
    }
  EXPECT_GE(compared, 9) << "of 12";
}

TEST(MigeOnDevice, Item15_AgreesWithReference) {
  NEED_CUDA();
  expect_agreement(Device::cuda(), DType::f64);
  expect_agreement(Device::cuda(), DType::f32);
}
// That the tolerance is one that two good implementations meet.
TEST(MigeOnDevice, Item15_OnTheHostAgreesWithReference) {
  expect_agreement(cpu, DType::f64);
  expect_agreement(cpu, DType::f32);
}

}  // namespace
}  // namespace infograd::testing
