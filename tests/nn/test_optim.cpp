// Trajectories against PyTorch in f64 (tests/golden/optim.py), state for exact resume, groups, wrong usage.
#include <cmath>
#include <functional>
#include <memory>
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/infograd.h>

#include "tests/golden/optim.h"

namespace infograd {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

/// The two parameters of tests/golden/optim.py and their gradients.
struct Problem {
  explicit Problem(DType dtype = DType::f64)
      : w(tensor({{0.5, -1.0, 2.0}, {0.25, 1.5, -0.75}}, dtype).set_requires_grad()),
        b(tensor({0.1, -0.2, 0.3}, dtype).set_requires_grad()) {}

  Tensor w, b;

  static void set_gradient(Tensor& p, int k, int64_t t) {
    std::vector<double> values = p.detach().to(DType::f64).to_vector<double>();
    for (size_t i = 0; i < values.size(); ++i)
      values[i] =
          0.3 * values[i] + std::cos(1.0 + static_cast<double>(t) + 0.7 * static_cast<double>(i) + 0.4 * k);
    p.set_grad(from_data(values, p.shape()).to(p.dtype()));
  }
  void set_gradients(int64_t t) {
    set_gradient(w, 0, t);
    set_gradient(b, 1, t);
  }
  std::vector<double> values() const {
    std::vector<double> all = w.detach().to(DType::f64).to_vector<double>();
    for (double value : b.detach().to(DType::f64).to_vector<double>()) all.push_back(value);
    return all;
  }
  nn::StateDict named() const { return {{"w", w}, {"b", b}}; }
};

using Make = std::function<std::unique_ptr<optim::Optimizer>(const Problem&)>;
template <class O, class Options>
Make make(const Options& options) {
  return [options](const Problem& p) { return std::make_unique<O>(p.named(), options); };
}

void expect_near(const std::vector<double>& got, const std::vector<double>& expected, double tolerance,
                 int64_t t) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i])))
        << "update " << t << ", value " << i;
}

struct Case {
  const char* name;
  const std::vector<std::vector<double>>& golden;
  Make make;
};

void PrintTo(const Case& instance, std::ostream* out) {
  *out << instance.name;
}

std::vector<Case> cases() {
  using namespace optim;
  return {
      {"sgd", golden::sgd, make<SGD>(SGDOptions{.lr = 0.1})},
      {"sgd_momentum", golden::sgd_momentum, make<SGD>(SGDOptions{.lr = 0.05, .momentum = 0.9})},
      {"sgd_dampening_decay", golden::sgd_dampening_decay,
       make<SGD>(SGDOptions{.lr = 0.05, .momentum = 0.8, .dampening = 0.3, .weight_decay = 0.02})},
      {"sgd_nesterov", golden::sgd_nesterov,
       make<SGD>(SGDOptions{.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true})},
      {"adam", golden::adam, make<Adam>(AdamOptions{.lr = 0.01})},
      {"adam_options", golden::adam_options,
       make<Adam>(AdamOptions{.lr = 0.02, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1})},
      {"adamw", golden::adamw, make<AdamW>(AdamWOptions{.lr = 0.01, .weight_decay = 0.1})},
      {"rmsprop", golden::rmsprop,
       make<RMSprop>(RMSpropOptions{.lr = 0.01, .alpha = 0.9, .eps = 1e-6, .weight_decay = 0.02})},
      {"rmsprop_centered_momentum", golden::rmsprop_centered_momentum,
       make<RMSprop>(RMSpropOptions{.lr = 0.01, .momentum = 0.9, .centered = true})},
      {"adagrad", golden::adagrad, make<Adagrad>(AdagradOptions{.lr = 0.1, .lr_decay = 0.05, .eps = 1e-8})},
      {"adam_groups", golden::adam_groups,
       [](const Problem& p) {
         return std::make_unique<AdamW>(
             Groups{{.parameters = {{"w", p.w}}, .lr_scale = 0.1, .weight_decay = 0.3},
                    {.parameters = {{"b", p.b}}}},
             AdamWOptions{.lr = 0.02, .weight_decay = 0.05});
       }},
  };
}

class Trajectory : public ::testing::TestWithParam<Case> {};

TEST_P(Trajectory, MatchesPyTorchInF64AndF32) {
  for (const DType dtype : {DType::f64, DType::f32}) {
    Problem problem(dtype);
    const auto optimizer = GetParam().make(problem);
    for (int64_t t = 0; t < 10; ++t) {
      problem.set_gradients(t);
      optimizer->step();
      expect_near(problem.values(), GetParam().golden[static_cast<size_t>(t)],
                  dtype == DType::f64 ? 1e-13 : 2e-6, t);
    }
    EXPECT_EQ(optimizer->steps(), 10);
  }
}

// Five updates, state into a fresh optimizer over fresh parameters, five more: not a bit may differ.
TEST_P(Trajectory, ContinuesExactlyFromItsState) {
  Problem straight(DType::f32);
  const auto reference = GetParam().make(straight);
  Problem first(DType::f32);
  const auto before = GetParam().make(first);
  for (int64_t t = 0; t < 5; ++t) {
    straight.set_gradients(t);
    reference->step();
    first.set_gradients(t);
    before->step();
  }
  Problem second(DType::f32);
  const auto after = GetParam().make(second);
  {
    const NoGrad guard;
    copy_(second.w, first.w);
    copy_(second.b, first.b);
  }
  after->load(before->state());
  for (int64_t t = 5; t < 10; ++t) {
    straight.set_gradients(t);
    reference->step();
    second.set_gradients(t);
    after->step();
  }
  EXPECT_EQ(second.values(), straight.values());
  EXPECT_EQ(after->steps(), 10);
}

INSTANTIATE_TEST_SUITE_P(Golden, Trajectory, ::testing::ValuesIn(cases()),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(Optimizer, AParameterWithoutGradientIsSkippedAndCountsForItself) {
  Problem adam;
  optim::Adam optimizer(adam.named(), {.lr = 0.01});
  for (int64_t t = 0; t < 10; ++t) {
    adam.set_gradients(t);
    if (t < 3) adam.b.zero_grad();
    optimizer.step();
    expect_near(adam.values(), golden::adam_late_b[static_cast<size_t>(t)], 1e-13, t);
  }
  Problem sgd;
  optim::SGD momentum(sgd.named(), {.lr = 0.05, .momentum = 0.8, .dampening = 0.3, .weight_decay = 0.02});
  for (int64_t t = 0; t < 10; ++t) {
    sgd.set_gradients(t);
    if (t % 4 == 1) sgd.w.zero_grad();
    momentum.step();
    expect_near(sgd.values(), golden::momentum_gaps[static_cast<size_t>(t)], 1e-13, t);
  }
}

TEST(Optimizer, AGradientOfAnotherLayoutIsTheSameGradient) {
  Problem plain, strided;
  optim::Adam a(plain.named()), b(strided.named());
  for (int64_t t = 0; t < 3; ++t) {
    plain.set_gradients(t);
    strided.set_gradients(t);
    strided.w.set_grad(transpose(transpose(strided.w.grad()).contiguous()));
    ASSERT_FALSE(strided.w.grad().is_contiguous());
    a.step();
    b.step();
  }
  EXPECT_EQ(plain.values(), strided.values());
}

TEST(Optimizer, StateHasStableNames) {
  nn::Sequential net({{"fc", nn::Linear(2, 2)}});
  std::vector<std::string> names;
  for (const auto& [name, tensor] : optim::Adam(net.named_parameters()).state()) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("step", "lr", "fc.weight.m", "fc.weight.v", "fc.weight.step", "fc.bias.m",
                                 "fc.bias.v", "fc.bias.step"));
  EXPECT_EQ(optim::SGD(net.parameters()).state()[2].first, "0.step");
}

// Dropout, running statistics, moments, rate: four updates, everything into fresh objects, four more.
TEST(Optimizer, TrainingContinuesExactlyFromModelAndOptimizerState) {
  struct Run {
    Generator g{11};
    nn::Sequential net{nn::Linear(4, 16, {.generator = &g}), nn::BatchNorm1d(16),
                       nn::Dropout(0.3, {.generator = &g}), nn::Linear(16, 1, {.generator = &g})};
    optim::AdamW adam{net.named_parameters(), {.lr = 0.01}};
    Run() { adam.set_schedule(optim::CosineWarmup{.warmup_steps = 3, .total_steps = 10}); }
    void train(int64_t updates) {
      const Tensor x = reshape(linspace(-1, 1, 32), {8, 4});
      for (int64_t i = 0; i < updates; ++i) {
        adam.zero_grad();
        mean(square(net(x) - 1.0)).backward();
        adam.step();
      }
    }
  };
  Run straight, first, second;
  straight.train(8);
  first.train(4);
  second.train(1);  // somewhere else
  second.net.load(first.net.state());
  second.adam.load(first.adam.state());
  second.train(4);
  const nn::StateDict expected = straight.net.state(), got = second.net.state();
  for (size_t i = 0; i < expected.size(); ++i) {
    if (expected[i].second.dtype() == DType::f32)
      EXPECT_EQ(got[i].second.to_vector<float>(), expected[i].second.to_vector<float>()) << expected[i].first;
    else
      EXPECT_EQ(got[i].second.to_vector<uint8_t>(), expected[i].second.to_vector<uint8_t>())
          << expected[i].first;
  }
}

TEST(Optimizer, LoadRejectsAnotherModelsState) {
  Problem problem;
  optim::Adam adam(problem.named());
  const optim::SGD sgd(problem.named(), {.momentum = 0.9});
  try {
    adam.load(sgd.state());
    FAIL();
  } catch (const ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("missing: w.m f64[2, 3]"));
    EXPECT_THAT(error.what(), HasSubstr("unexpected: w.momentum f64[2, 3]"));
  }
}

TEST(Optimizer, LoadRejectsALearningRateThatIsNone) {
  Problem problem;
  optim::Adam adam(problem.named(), {.lr = 0.25});
  nn::StateDict damaged = adam.state();
  for (auto& [name, value] : damaged)
    if (name == "lr") value = full({}, NAN, DType::f64);
  EXPECT_THAT([&] { adam.load(damaged); }, ThrowsMessage<ValueError>(HasSubstr("`lr` is nan")));
  EXPECT_EQ(adam.lr(), 0.25);
  EXPECT_THROW(adam.set_lr(INFINITY), ValueError);
}

TEST(Optimizer, AnEmptyListIsAnError) {
  EXPECT_THROW(optim::Adam(std::vector<Tensor>{}), ValueError);
  EXPECT_THROW(optim::SGD(nn::ReLU().named_parameters()), ValueError);
  try {
    optim::SGD(optim::Groups{});
    FAIL();
  } catch (const ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("parameter list is empty"));
  }
}

TEST(Optimizer, RejectsWhatItCannotTrain) {
  const Tensor p = ones({2, 3}).set_requires_grad();
  EXPECT_THROW(optim::Adam(std::vector<Tensor>{p, p}), ValueError);
  EXPECT_THROW(optim::Adam(std::vector<Tensor>{Tensor()}), ValueError);
  EXPECT_THROW(optim::Adam(std::vector<Tensor>{zeros({2}, DType::i64)}), ValueError);
  EXPECT_THROW(optim::Adam(std::vector<Tensor>{p * 2.0}), ValueError);
  EXPECT_THROW(optim::Adam(std::vector<Tensor>{expand(ones({1, 3}), {2, 3})}), ValueError);
  EXPECT_THROW(optim::Adam(std::vector<Tensor>{p}, {.lr = -1}), ValueError);
  EXPECT_THROW(optim::Adam(std::vector<Tensor>{p}, {.beta1 = 1}), ValueError);
  EXPECT_THROW(optim::SGD(std::vector<Tensor>{p}, {.nesterov = true}), ValueError);
}

TEST(Optimizer, AModuleConvertedAfterwardsIsNoticed) {
  nn::Linear layer(2, 2);
  optim::Adam adam(layer.named_parameters());
  layer.to(DType::f64);
  sum(layer(zeros({1, 2}, DType::f64))).backward();
  try {
    adam.step();
    FAIL();
  } catch (const ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("`weight` is now f64[2, 2], its state f32[2, 2]"));
  }
}

TEST(Optimizer, StepOutdatesGraphsThatSavedTheOldValues) {
  nn::Linear layer(2, 2);
  optim::SGD sgd(layer.named_parameters());
  const Tensor x = ones({1, 2}).set_requires_grad();
  const Tensor loss = sum(layer(x));
  loss.backward({}, true);
  sgd.step();
  EXPECT_THROW(loss.backward(), ValueError);
}

TEST(Optimizer, TrainsALine) {
  Generator g(4);
  nn::Linear layer(1, 1, {.generator = &g});
  optim::Adam adam(layer.named_parameters(), {.lr = 0.05});
  const Tensor x = rand_uniform({64, 1}, -1, 1, DType::f32, g);
  const Tensor y = 3.0 * x - 0.5;
  for (int i = 0; i < 400; ++i) {
    adam.zero_grad();
    mean(square(layer(x) - y)).backward();
    adam.step();
  }
  EXPECT_NEAR(layer.weight().item(), 3, 1e-3);
  EXPECT_NEAR(layer.bias().item(), -0.5, 1e-3);
}

TEST(Optimizer, ASteadyStepAllocatesNoTensor) {
  Problem problem(DType::f32);
  optim::Adam adam(problem.named());
  problem.set_gradients(0);
  adam.step();
  const uint64_t before = memory::stats().allocations;
  for (int i = 0; i < 10; ++i) adam.step();
  EXPECT_EQ(memory::stats().allocations, before);
}

TEST(Optimizer, RateAndScheduleDecideTheStep) {
  Tensor p = zeros({1}, DType::f64).set_requires_grad();
  optim::SGD sgd(std::vector<Tensor>{p}, {.lr = 1});
  sgd.set_schedule(optim::CosineWarmup{.warmup_steps = 2, .total_steps = 4, .min_lr = 0.2});
  const std::vector<double> rates{0.5, 1, 1, 0.6, 0.2, 0.2};
  double expected = 0;
  for (double rate : rates) {
    EXPECT_NEAR(sgd.lr(), rate, 1e-15);
    p.set_grad(ones({1}, DType::f64));
    sgd.step();
    expected -= rate;
    EXPECT_NEAR(p.item(), expected, 1e-14);
  }
  sgd.set_schedule(optim::Constant{});
  sgd.set_lr(0.25);
  EXPECT_EQ(sgd.lr(), 0.25);
}

TEST(Optimizer, RefusesRatesThatAreNone) {
  Tensor p = ones({1}).set_requires_grad();
  EXPECT_THROW(optim::SGD(std::vector<Tensor>{p}, {.momentum = 0.5, .dampening = NAN}), ValueError);
  optim::SGD sgd(std::vector<Tensor>{p}, {.lr = 1});
  p.set_grad(ones({1}));
  for (const double rate : {double{NAN}, double{INFINITY}, -1.0}) {
    sgd.set_schedule([rate](double, int64_t) { return rate; });
    EXPECT_THROW(sgd.step(), ValueError);
    EXPECT_EQ(p.item(), 1) << "nothing moves";
  }
}

// The variance of a constant gradient goes to 0; rounding must not take it below.
TEST(Optimizer, CenteredRMSpropOfAConstantGradientStaysFinite) {
  Tensor p = zeros({3}).set_requires_grad();
  optim::RMSprop rmsprop(std::vector<Tensor>{p}, {.lr = 1e-3, .centered = true});
  p.set_grad(tensor({0.1, 0.3, 0.7}));
  for (int t = 0; t < 3000; ++t) rmsprop.step();
  for (const float value : p.to_vector<float>()) EXPECT_TRUE(std::isfinite(value)) << value;
}

TEST(Schedule, StepDecay) {
  const optim::StepDecay decay{.every = 3, .factor = 0.5};
  EXPECT_EQ(decay(8, 0), 8);
  EXPECT_EQ(decay(8, 2), 8);
  EXPECT_EQ(decay(8, 3), 4);
  EXPECT_EQ(decay(8, 9), 1);
  EXPECT_THROW((optim::StepDecay{.every = 0}(1, 0)), ValueError);
}

TEST(Schedule, CosineWithoutWarmup) {
  const optim::CosineWarmup cosine{.total_steps = 3};
  EXPECT_DOUBLE_EQ(cosine(2, 0), 2);
  EXPECT_DOUBLE_EQ(cosine(2, 1), 1.5);
  EXPECT_NEAR(cosine(2, 2), 0.5, 1e-15);
  EXPECT_NEAR(cosine(2, 3), 0, 1e-15);
  EXPECT_THROW((optim::CosineWarmup{.warmup_steps = 5, .total_steps = 5}(1, 0)), ValueError);
}

TEST(Schedule, PlateauMatchesPyTorchAndResumes) {
  const optim::PlateauOptions options{.factor = 0.5, .patience = 1, .threshold = 0.01, .min_lr = 0.02};
  optim::Plateau plateau(options);
  const optim::Schedule copy = plateau;
  for (size_t i = 0; i < golden::plateau.size(); ++i) {
    if (i == 7) {  // in the middle of a stretch without improvement
      optim::Plateau resumed(options);
      resumed.load(plateau.state());
      for (size_t j = i; j < golden::plateau.size(); ++j) {
        resumed.observe(golden::plateau[j][0]);
        EXPECT_DOUBLE_EQ(resumed(0.1, 0), golden::plateau[j][1]) << j;
      }
    }
    plateau.observe(golden::plateau[i][0]);
    EXPECT_DOUBLE_EQ(copy(0.1, 0), golden::plateau[i][1]) << i;
  }
  EXPECT_THROW(optim::Plateau({.factor = 1}), ValueError);
}

TEST(Schedule, PlateauUnderstandsNegativeMetricsAndNaN) {
  optim::Plateau plateau({.factor = 0.5, .patience = 0, .threshold = 0.1});
  plateau.observe(-10);
  plateau.observe(-12);  // better
  EXPECT_EQ(plateau(1, 0), 1);
  plateau.observe(-12.5);  // not by a tenth
  EXPECT_EQ(plateau(1, 0), 0.5);
  plateau.observe(NAN);
  EXPECT_EQ(plateau(1, 0), 0.25);
}

TEST(Clip, ByNormMatchesTheTrajectoryAndReturnsTheNormBefore) {
  Problem problem;
  optim::SGD sgd(problem.named(), {.lr = 0.1});
  for (int64_t t = 0; t < 10; ++t) {
    problem.set_gradients(t);
    double squares = 0;
    for (const Tensor& p : {problem.w, problem.b})
      for (double g : p.grad().to_vector<double>()) squares += g * g;
    EXPECT_NEAR(optim::clip_grad_norm({problem.w, problem.b}, 0.5), std::sqrt(squares), 1e-14);
    sgd.step();
    expect_near(problem.values(), golden::sgd_clipped[static_cast<size_t>(t)], 1e-13, t);
  }
}

TEST(Clip, SmallMissingAndNonFiniteGradientsAreLeftAlone) {
  Problem problem;
  EXPECT_EQ(optim::clip_grad_norm({problem.w, problem.b}, 1), 0);
  problem.w.set_grad(full({2, 3}, 0.1, DType::f64));
  EXPECT_NEAR(optim::clip_grad_norm({problem.w, problem.b}, 1), 0.1 * std::sqrt(6.0), 1e-15);
  EXPECT_EQ(problem.w.grad().to_vector<double>()[0], 0.1);
  problem.b.set_grad(full({3}, INFINITY, DType::f64));
  EXPECT_EQ(optim::clip_grad_norm({problem.w, problem.b}, 1), INFINITY);
  EXPECT_EQ(problem.w.grad().to_vector<double>()[0], 0.1);
  EXPECT_THROW(optim::clip_grad_norm({problem.w}, 0), ValueError);
}

TEST(Clip, OneNormOverGradientsOfSeveralTypes) {
  Tensor a = zeros({2}).set_requires_grad(), b = zeros({2}, DType::f64).set_requires_grad();
  a.set_grad(full({2}, 3));
  b.set_grad(full({2}, 4, DType::f64));
  EXPECT_NEAR(optim::clip_grad_norm({a, b}, 1), std::sqrt(50.0), 5e-7);  // the norm of `a` is an f32
  EXPECT_NEAR(a.grad().to_vector<float>()[0], 3 / std::sqrt(50.0), 1e-7);
  EXPECT_NEAR(b.grad().to_vector<double>()[0], 4 / std::sqrt(50.0), 5e-8);
}

TEST(Clip, AGradientSharedByTwoLeavesIsScaledOnce) {
  Tensor a = zeros({2}).set_requires_grad(), b = zeros({2}).set_requires_grad();
  const Tensor g = full({2}, 3);
  a.set_grad(g);
  b.set_grad(g);
  EXPECT_FLOAT_EQ(static_cast<float>(optim::clip_grad_norm({a, b}, 3)), 6);
  EXPECT_THAT(a.grad().to_vector<float>(), Each(FloatEq(1.5F)));
  EXPECT_THAT(b.grad().to_vector<float>(), Each(FloatEq(1.5F)));
  optim::clip_grad_value({a, b}, 1);
  EXPECT_THAT(a.grad().to_vector<float>(), ElementsAre(1, 1));
  EXPECT_THAT(b.grad().to_vector<float>(), ElementsAre(1, 1));
}

}  // namespace
}  // namespace infograd
