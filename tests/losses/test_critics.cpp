// Critics: values against the plain definition, gradients, memory of the concatenated one, Deep InfoMax
// scores.
#include <cmath>

#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/autograd/gradcheck.h>
#include <infograd/core/allocator.h>
#include <infograd/core/error.h>
#include <infograd/losses/critic.h>
#include <infograd/losses/mi/dv.h>
#include <infograd/losses/mi/jsd.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

Tensor normal(const Shape& shape, uint64_t seed, DType dtype = DType::f64) {
  Generator generator(seed);
  return rand_normal(shape, 0, 1, dtype, generator).set_requires_grad();
}

double difference(const Tensor& a, const Tensor& b) {
  return max(abs(a - b)).item();
}

TEST(Critics, Separable) {
  const Tensor u = normal({4, 3}, 1), v = normal({4, 3}, 2);
  const Tensor s = separable_critic(u, v, {.temperature = 0.5});
  EXPECT_NEAR(select(select(s, 0, 1), 0, 2).item(), 2 * sum(select(u, 0, 1) * select(v, 0, 2)).item(), 1e-12);
  const Tensor cosine = separable_critic(u, u, {.normalize = true});
  EXPECT_LT(difference(diagonal(cosine), ones({4}, DType::f64)), 1e-12);
  EXPECT_THROW(separable_critic(u, normal({4, 2}, 3)), ShapeError);
}

TEST(Critics, Bilinear) {
  const Tensor x = normal({4, 3}, 1), y = normal({4, 2}, 2);
  Generator generator(3);
  const Tensor w = bilinear_weight(3, 2, DType::f64, generator);
  EXPECT_LT(difference(bilinear_critic(x, w, y), matmul(x, matmul(w, transpose(y)))), 1e-12);
  EXPECT_THROW(bilinear_critic(x, w, x), ShapeError);
  const Tensor large = bilinear_weight(200, 50, DType::f64, generator);
  EXPECT_NEAR(std(large).item() * std::sqrt(200.0 * 50), 1, 0.05);
}

/// The definition: every pair side by side through a two-layer network.
Tensor pairwise(const Tensor& x, const Tensor& y, const Tensor& weight, const Tensor& bias,
                const Tensor& last) {
  const int64_t k = x.size(0), m = y.size(0);
  const Tensor pairs =
      concat({expand(unsqueeze(x, 1), {k, m, x.size(1)}), expand(unsqueeze(y, 0), {k, m, y.size(1)})}, 2);
  return squeeze(matmul(relu(linear(pairs, weight, bias)), last), 2);
}

TEST(Critics, ConcatenatedWithAndWithoutRecomputation) {
  const Tensor x = normal({5, 3}, 1), y = normal({5, 2}, 2), weight = normal({4, 5}, 3),
               bias = normal({4}, 4), last = normal({4, 1}, 5);
  const std::vector<Tensor> inputs{x, y, weight, bias, last};
  const auto rest = [&](const Tensor& hidden) { return matmul(hidden, last); };
  const Tensor expected = pairwise(x, y, weight, bias, last);
  const auto expected_gradients = grad(dv(expected), inputs);
  for (const std::vector<Tensor>& parameters : {std::vector<Tensor>{}, std::vector<Tensor>{last}}) {
    const Tensor scores =
        concatenated_critic(x, y, weight, bias, rest, {.tile = 2, .parameters = parameters});
    EXPECT_LT(difference(scores, expected), 1e-12);
    const auto gradients = grad(dv(scores), inputs);
    for (size_t i = 0; i < inputs.size(); ++i)
      EXPECT_LT(difference(gradients[i], expected_gradients[i]), 1e-12) << i;
  }
  EXPECT_THROW(concatenated_critic(x, y, weight, bias, [](const Tensor& h) { return h; }), ShapeError);
}

TEST(Critics, ConcatenatedAt1024PairsNeverHoldsAllPairs) {
  const int64_t k = 1024, depth = 784, hidden = 256;
  const Tensor x = normal({k, depth}, 1, DType::f32), y = normal({k, depth}, 2, DType::f32);
  const Tensor weight = (normal({hidden, 2 * depth}, 3, DType::f32).detach() * 0.02).set_requires_grad();
  const Tensor last = (normal({hidden, 1}, 4, DType::f32).detach() * 0.1).set_requires_grad();
  memory::release_cached();
  memory::reset_peak();
  const size_t before = memory::stats().active_bytes;
  const Tensor scores = concatenated_critic(
      x, y, weight, Tensor(), [&](const Tensor& h) { return matmul(h, last); }, {.parameters = {last}});
  const auto gradients = grad(jsd(scores), {weight, last});
  EXPECT_TRUE(std::isfinite(sum(gradients[0]).item()));
  // All pairs together would hold 2^28 floats; even everything alive at once stays below the 2^26 floats of
  // one buffer.
  EXPECT_LT(memory::stats().peak_active_bytes - before, sizeof(float) << 26U);
}

TEST(Critics, DeepInfoMax) {
  const Tensor global = normal({3, 4}, 1), local = normal({3, 4, 2, 5}, 2);
  const Tensor s = deep_infomax_critic(global, local, 0.5);
  ASSERT_EQ(s.shape(), (Shape{3, 3, 10}));
  const Tensor feature = select(select(select(local, 0, 1), 1, 1), 1, 3);  // image 1, row 1, column 3
  EXPECT_NEAR(select(select(select(s, 0, 2), 0, 1), 0, 8).item(),
              2 * sum(select(global, 0, 2) * feature).item(), 1e-12);
  EXPECT_EQ(difference(deep_infomax_critic(global, to_channels_last(local), 0.5), s), 0);
  EXPECT_EQ(difference(deep_infomax_critic(global, flatten(local, 2, 3), 0.5), s), 0);
  // Positives: the image's own locations. Negatives: all locations of the others.
  double positive = 0, negative = 0;
  const std::vector<double> v = s.to_vector<double>();
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j)
      for (size_t l = 0; l < 10; ++l) {
        const double score = v[(i * 3 + j) * 10 + l];
        (i == j ? positive : negative) += std::log1p(std::exp(i == j ? -score : score));
      }
  Estimate e;
  const Tensor loss = jsd(s, {.common = {.report = &e}});
  EXPECT_NEAR(loss.item(), positive / 30 + negative / 60, 1e-12);
  EXPECT_EQ(e.n_pos, 30);
  EXPECT_EQ(e.n_neg, 60);
  EXPECT_GT(e.std_error, 0);
  const GradcheckReport report = gradcheck(
      [](const std::vector<Tensor>& in) { return jsd(deep_infomax_critic(in[0], in[1])); }, {global, local});
  EXPECT_TRUE(report.ok) << report.message;
  EXPECT_THROW(deep_infomax_critic(global, normal({2, 4, 3}, 3)), ShapeError);
}

}  // namespace
}  // namespace infograd::losses
