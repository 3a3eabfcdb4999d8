// The fused kernel under MILC: both backends agree, and threads change nothing.
#include <tests/losses/milc_batches.h>

#include <infograd/backends/registry.h>
#include <infograd/core/parallel.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

using namespace infograd::testing;

struct Result {
  std::vector<double> value, gradient;
};
Result run(const Tensor& z, const Tensor& y, MilcForm form) {
  const Tensor loss = milc_loss(z, y, {.form = form});
  return {numbers(loss), gradient(loss, z)};
}

/// Sizes that end inside a vector and inside a block of rows; impossible classes; a transposed input.
TEST(LabelMarginal, BackendsAgree) {
  Generator generator(61);
  const auto compare = [](const Tensor& z, const Tensor& y, double tolerance) {
    for (const MilcForm form : {MilcForm::a, MilcForm::b}) {
      const Result fast = run(z, y, form);
      const BackendScope scope("reference");
      const Result plain = run(z, y, form);
      EXPECT_LT(largest_difference(fast.value, plain.value), tolerance) << z.size(0) << "x" << z.size(1);
      EXPECT_LT(largest_difference(fast.gradient, plain.gradient), tolerance)
          << z.size(0) << "x" << z.size(1);
    }
  };
  for (const DType dtype : {DType::f64, DType::f32}) {
    const double tolerance = dtype == DType::f64 ? 1e-13 : 2e-6;
    for (const int64_t n : {1, 5, 128, 129, 300}) {
      for (const int64_t classes : {2, 3, 17, 70}) {
        const auto [wide, y] = random_batch(n, classes, generator, 1);
        compare(wide.detach().to(dtype).clone().set_requires_grad(), y, tolerance);
        Tensor turned = transpose(wide.detach().to(dtype)).clone().set_requires_grad();
        compare(transpose(turned), y, tolerance);
      }
    }
    const double inf = std::numeric_limits<double>::infinity();
    Tensor impossible = rand_normal({200, 5}, 0, 1, dtype, generator);
    impossible = masked_fill(impossible, tensor({{0, 1, 0, 0, 1}}, DType::f64).to(DType::b8), -inf);
    compare(impossible.clone().set_requires_grad(), zeros({200}, DType::i64), tolerance);
  }
}

/// Rows shifted by 8192, which is exact in f32, are the same rows; a log-sum-exp rounded to f32 would cost
/// 5e-4.
TEST(LabelMarginal, LargeLogitsKeepTheirDigits) {
  const Tensor z = tensor({{0, 1, -2}, {3, 0.5, 1}, {-1, 2, 0}}), y = labels_of({0, 0, 1});
  for (const char* backend : {"cpu", "reference"}) {
    const BackendScope scope(backend);
    const Result near = run(z.clone().set_requires_grad(), y, MilcForm::a);
    const Result far = run((z + 8192.0).clone().set_requires_grad(), y, MilcForm::a);
    EXPECT_EQ(near.value, far.value) << backend;
    EXPECT_LT(largest_difference(near.gradient, far.gradient), 1e-7) << backend;
  }
}

TEST(LabelMarginal, SameBitsForAnyThreadCount) {
  const int before = num_threads();
  for (const DType dtype : {DType::f32, DType::f64}) {
    Generator generator(62);
    const auto [wide, y] = random_batch(1000, 90, generator);
    const Tensor z = wide.detach().to(dtype).clone().set_requires_grad();
    set_num_threads(1);
    const Result one = run(z, y, MilcForm::a);
    for (const int threads : {2, 3, 8}) {
      set_num_threads(threads);
      const Result many = run(z, y, MilcForm::a);
      EXPECT_EQ(one.value, many.value) << threads;
      EXPECT_EQ(one.gradient, many.gradient) << threads;
    }
  }
  set_num_threads(before);
}

}  // namespace
}  // namespace infograd::losses
