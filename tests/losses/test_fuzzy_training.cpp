// Items 10, 11 and 12 of the acceptance of the fuzzy losses: what they fit alone, and what they do not.
#include <cmath>
#include <cstdio>
#include <functional>

#include <gtest/gtest.h>

#include <infograd/nn/optim/adam.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

#include "tests/losses/fuzzy_support.h"

namespace infograd::losses {
namespace {

using namespace fuzzy_test;
using L = FuzzyMiLoss;
using Loss = std::function<Tensor(const Tensor&, const Tensor&)>;

Loss fuzzy(L loss) {
  return [loss](const Tensor& x, const Tensor& y) { return fuzzy_mi_loss(x, y, {.loss = loss}); };
}
Tensor l1(const Tensor& x, const Tensor& y) {
  return mean(abs(x - y));
}

struct Line {
  double a, b, loss;
};
/// Fits y = a x + b to x by the loss alone.
Line fit_line(const Loss& loss, double a0, double b0) {
  const Tensor x = from_data(lcg(784, 1000), {784});
  const Tensor a = leaf({a0}), b = leaf({b0});
  optim::Adam adam(std::vector<Tensor>{a, b}, {.lr = 0.005});
  for (int step = 0; step < 800; ++step) {
    adam.zero_grad();
    loss(x, x * a + b).backward();
    adam.step();
  }
  return {a.item(), b.item(), loss(x, x * a + b).item()};
}

TEST(FuzzyTraining, Item10_LineFromANearbyStart) {
  const Line linear = fit_line(fuzzy(L::lmi), 0.5, 0.2), information = fit_line(fuzzy(L::neg_mi), 0.5, 0.2),
             mirrored = fit_line(fuzzy(L::lmi), -0.5, 0.7);
  std::printf("lmi: a %.4f b %.4f; neg_mi: a %.4f b %.4f; lmi from a = -0.5: a %.4f b %.4f, loss %.4f\n",
              linear.a, linear.b, information.a, information.b, mirrored.a, mirrored.b, mirrored.loss);
  EXPECT_NEAR(linear.a, 1, 0.02);
  EXPECT_NEAR(linear.b, 0, 0.02);
  EXPECT_GT(std::abs(information.a - 1), 0.05);
  EXPECT_GT(mirrored.loss, 0.5);
}

/// A texture of triangle waves, 64 x 64, shifted by s columns.
Tensor texture(int s) {
  const auto wave = [](double u) { return std::abs(2 * (u - std::floor(u)) - 1); };
  std::vector<double> values;
  for (int r = 0; r < 64; ++r)
    for (int column = 0; column < 64; ++column) {
      const double c = column + s;
      values.push_back(0.5 * wave(7.0 * r / 64 + 3 * c / 64) +
                       0.3 * wave(5.0 * r / 128 - 11 * c / 128 + 0.25) + 0.2 * wave(c / 32 + r / 64.0));
    }
  return from_data(values, {1, 1, 64, 64});
}

/// Loss at shifts -8 .. 8 of an intensity map of the shifted texture.
std::vector<double> profile(const Loss& loss, const std::function<Tensor(const Tensor&)>& map) {
  std::vector<double> values;
  for (int s = -8; s <= 8; ++s) values.push_back(loss(texture(0), map(texture(s))).item());
  return values;
}
bool smallest_at_zero(const std::vector<double>& v) {
  for (size_t i = 0; i < v.size(); ++i)
    if (i != 8 && v[i] <= v[8]) return false;
  return true;
}
bool rises_to(const std::vector<double>& v, size_t shift) {
  for (size_t s = 0; s < shift; ++s)
    if (v[8 + s + 1] <= v[8 + s] || v[8 - s - 1] <= v[8 - s]) return false;
  return true;
}

TEST(FuzzyTraining, Item11_ShiftProfile) {
  const auto same = [](const Tensor& v) { return v; };
  const std::vector<double> linear = profile(fuzzy(L::lmi), same), distance = profile(l1, same),
                            information = profile(fuzzy(L::rajski), same);
  EXPECT_TRUE(smallest_at_zero(linear) && rises_to(linear, 8));
  EXPECT_TRUE(smallest_at_zero(distance) && rises_to(distance, 8));
  EXPECT_TRUE(smallest_at_zero(information) && rises_to(information, 5));
  const auto inverted = [](const Tensor& v) { return 1.0 - v; };
  const auto squared = [](const Tensor& v) { return square(v); };
  for (const std::function<Tensor(const Tensor&)>& map :
       {std::function<Tensor(const Tensor&)>(inverted), std::function<Tensor(const Tensor&)>(squared)}) {
    EXPECT_TRUE(smallest_at_zero(profile(fuzzy(L::rajski), map)));
    EXPECT_TRUE(smallest_at_zero(profile(fuzzy(L::neg_mi), map)));
    EXPECT_FALSE(smallest_at_zero(profile(l1, map)));
  }
}

/// Mean absolute error of 784 free pixels after training from random values.
double free_pixels(const Loss& loss) {
  const Tensor target = from_data(lcg(784, 1000), {784});
  const Tensor pixels = leaf(lcg(784, 3000));
  optim::Adam adam(std::vector<Tensor>{pixels}, {.lr = 0.01});
  for (int step = 0; step < 1500; ++step) {
    adam.zero_grad();
    loss(target, pixels).backward();
    adam.step();
  }
  return l1(target, pixels).item();
}

TEST(FuzzyTraining, Item12_FreePixelsAreAKnownLimit) {
  const double distance = free_pixels(l1);
  std::printf("known limit, MAE of free pixels from a random start: l1 %.4f", distance);
  EXPECT_LT(distance, 0.01);
  for (const auto& [loss, name] : {std::pair{L::lmi, "lmi"}, {L::neg_mi, "neg_mi"}, {L::rajski, "rajski"}}) {
    const double error = free_pixels(fuzzy(loss));
    std::printf(", %s %.4f", name, error);
    EXPECT_GT(error, 0.1) << name;
  }
  std::printf("\n");
}

}  // namespace
}  // namespace infograd::losses
