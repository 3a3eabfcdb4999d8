#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/autograd/anomaly.h>
#include <infograd/autograd/engine.h>
#include <infograd/autograd/record.h>
#include <infograd/core/error.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Tensor leaf(const std::vector<double>& values) {
  Tensor x = from_data(values, {static_cast<int64_t>(values.size())});
  x.set_requires_grad();
  return x;
}

TEST(Engine, GradientsAccumulateOverUsesAndCalls) {
  const Tensor x = leaf({1, 2});
  const Tensor y = sum(x * x + x);
  y.backward({}, /*retain_graph=*/true);
  EXPECT_THAT(x.grad().to_vector<double>(), ElementsAre(3, 5));
  y.backward();
  EXPECT_THAT(x.grad().to_vector<double>(), ElementsAre(6, 10));
}

TEST(Engine, BroadcastIsUndoneOnce) {
  const Tensor row = leaf({1, 2, 3});
  const Tensor column = reshape(tensor({1, 10}, DType::f64), {2, 1});
  sum(row * column).backward();
  EXPECT_THAT(row.grad().to_vector<double>(), ElementsAre(11, 11, 11));
}

TEST(Engine, ASecondBackwardOnAFreedGraphThrows) {
  const Tensor x = leaf({3});
  const Tensor y = sum(exp(x));
  y.backward();
  EXPECT_THAT([&] { y.backward(); },
              ThrowsMessage<ValueError>(AllOf(HasSubstr("already freed"), HasSubstr("retain_graph"))));
}

TEST(Engine, SeedRules) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 3.0;
  EXPECT_THAT([&] { y.backward(); },
              ThrowsMessage<ShapeError>(AllOf(HasSubstr("f64[2]"), HasSubstr("2 elements"))));
  EXPECT_THAT([&] { y.backward(zeros({3}, DType::f64)); }, ThrowsMessage<ShapeError>(HasSubstr("f64[3]")));
  EXPECT_THAT([&] { y.backward(zeros({2})); }, ThrowsMessage<DTypeError>(HasSubstr("f32[2]")));
  y.backward(tensor({1, -1}, DType::f64));
  EXPECT_THAT(x.grad().to_vector<double>(), ElementsAre(3, -3));
}

TEST(Engine, NothingToDifferentiateThrows) {
  EXPECT_THAT([] { sum(zeros({2})).backward(); }, ThrowsMessage<ValueError>(HasSubstr("set_requires_grad")));
  EXPECT_THAT([] { grad(sum(leaf({1})), {zeros({1})}); },
              ThrowsMessage<ValueError>(HasSubstr("does not require a gradient")));
}

TEST(Engine, GradLeavesOtherLeavesAlone) {
  const Tensor x = leaf({2}), w = leaf({5});
  const Tensor middle = x * w;
  const std::vector<Tensor> g = grad(sum(middle * middle), {x, middle});
  EXPECT_EQ(g[0].item(), 100);
  EXPECT_EQ(g[1].item(), 20);
  EXPECT_FALSE(w.grad().defined());
  EXPECT_FALSE(x.grad().defined());
}

TEST(Engine, GradOfAnUnrelatedInputIsUndefined) {
  const Tensor x = leaf({2}), w = leaf({5});
  EXPECT_FALSE(grad(sum(x * x), {w})[0].defined());
}

TEST(Engine, SecondAndThirdOrder) {
  const Tensor x = leaf({2});
  const Tensor y = sum(x * x * x * x);
  const Tensor first = grad(y, {x}, true)[0];
  const Tensor second = grad(sum(first), {x}, true)[0];
  const Tensor third = grad(sum(second), {x})[0];
  EXPECT_DOUBLE_EQ(first.item(), 32);
  EXPECT_DOUBLE_EQ(second.item(), 48);
  EXPECT_DOUBLE_EQ(third.item(), 48);
}

TEST(Engine, SavedOutputRejoinsTheGraph) {
  const Tensor x = leaf({0.5});
  const Tensor first = grad(sum(exp(x)), {x}, true)[0];
  const Tensor second = grad(sum(first), {x}, true)[0];
  EXPECT_DOUBLE_EQ(second.item(), std::exp(0.5));
}

TEST(Engine, NoGradRecordsNothing) {
  const Tensor x = leaf({1});
  {
    const NoGrad guard;
    EXPECT_FALSE((x * x).requires_grad());
    const EnableGrad again;
    EXPECT_TRUE((x * x).requires_grad());
  }
  EXPECT_TRUE((x * x).requires_grad());
}

TEST(Engine, InPlaceWriteOfASavedTensorIsCaught) {
  const Tensor x = leaf({1, 2});
  Tensor other = tensor({3, 4}, DType::f64);
  const Tensor y = sum(x * other);
  add_(other, 1.0);
  EXPECT_THAT([&] { y.backward(); },
              ThrowsMessage<ValueError>(AllOf(HasSubstr("mul"), HasSubstr("in place"), HasSubstr("f64[2]"))));
}

TEST(Engine, LeafOwnsItsGradient) {
  const Tensor x = leaf({1, 2}), y = leaf({3, 4});
  sum(x + y).backward();
  Tensor gx = x.grad();
  EXPECT_TRUE(gx.is_contiguous());
  mul_(gx, 2.0);
  EXPECT_THAT(y.grad().to_vector<double>(), ElementsAre(1, 1)) << "the two leaves must not share a buffer";
}

TEST(Engine, LeafOwnsItsGradientWithCreateGraphToo) {
  const Tensor x = leaf({1, 2}), y = leaf({3, 4});
  sum(x + y).backward({}, false, true);  // one repeated number reaches both
  const NoGrad off;
  Tensor gx = x.grad();
  mul_(gx, 2.0);
  EXPECT_THAT(x.grad().to_vector<double>(), ElementsAre(2, 2));
  EXPECT_THAT(y.grad().to_vector<double>(), ElementsAre(1, 1));
}

TEST(Engine, AccumulationKeepsTheLayoutOfTheLeaf) {
  const Tensor row_major = ones({2, 3, 4, 5}, DType::f64);
  Tensor x = to_channels_last(row_major).detach();
  x.set_requires_grad();
  for (int i = 0; i < 3; ++i) sum(x * row_major).backward();
  EXPECT_EQ(x.grad().strides(), x.strides());
  EXPECT_EQ(x.grad().to_vector<double>(), std::vector<double>(120, 3));
}

TEST(Engine, OnlyLeavesCanBeSwitched) {
  Tensor y = leaf({1}) * 2.0;
  EXPECT_THAT([&] { y.set_requires_grad(); }, ThrowsMessage<ValueError>(HasSubstr("only leaves")));
  EXPECT_THAT([] { arange(3).set_requires_grad(); }, ThrowsMessage<DTypeError>(HasSubstr("i64[3]")));
}

TEST(Engine, WrongGradientsOfAUsersOpAreNamed) {
  const Tensor x = leaf({1, 2});
  const auto bad = [&](auto backward) {
    Tensor out = x.detach();
    record(out, "my_op", {&x}, backward);
    return out;
  };
  const Tensor seed = ones({2}, DType::f64);
  EXPECT_THAT([&] { bad([](const Tensor&) { return Grads{zeros({3}, DType::f64)}; }).backward(seed); },
              ThrowsMessage<ShapeError>(AllOf(HasSubstr("my_op"), HasSubstr("[3]"), HasSubstr("[2]"))));
  EXPECT_THAT([&] { bad([](const Tensor&) { return Grads{zeros({2})}; }).backward(seed); },
              ThrowsMessage<DTypeError>(AllOf(HasSubstr("my_op"), HasSubstr("f32[2]"))));
  EXPECT_THAT([&] { bad([](const Tensor&) { return Grads{}; }).backward(seed); },
              ThrowsMessage<Error>(AllOf(HasSubstr("my_op"), HasSubstr("0 gradients for 1 inputs"))));
}

TEST(Engine, SecondOrderThroughAFirstOrderOpThrows) {
  const Tensor x = leaf({1});
  Tensor out = x.detach();
  record(
      out, "once_only", {&x}, [](const Tensor& g) { return Grads{g}; }, SecondOrder::no);
  EXPECT_THAT([&] { grad(sum(out), {x}, true); }, ThrowsMessage<NotImplemented>(HasSubstr("once_only")));
}

TEST(Anomaly, NamesOpIndexAndPlace) {
  const AnomalyMode guard;
  Tensor x = tensor({{1, 2}, {0, 3}}, DType::f64);
  x.set_requires_grad();
  EXPECT_THAT([&] { log(x); },
              ThrowsMessage<ValueError>(AllOf(HasSubstr("`log`"), HasSubstr("[1, 0]"), HasSubstr("f64[2, 2]"),
                                              HasSubstr("recorded at"))));
}

TEST(Anomaly, GradientsAreCheckedToo) {
  const AnomalyMode guard;
  const Tensor x = leaf({0});
  const Tensor y = sum(sqrt(x));
  EXPECT_THAT([&] { y.backward(); },
              ThrowsMessage<ValueError>(AllOf(HasSubstr("gradient of input 0"), HasSubstr("`sqrt`"))));
}

TEST(Engine, AMillionNodesBuildRunAndFree) {
  const Tensor x = leaf({1});
  {
    Tensor y = x;
    for (int i = 0; i < 1'000'000; ++i) y = y + 1e-6;
    EXPECT_NEAR(y.item(), 2.0, 1e-6);
    y.backward();
    EXPECT_EQ(x.grad().item(), 1);
  }
  {
    Tensor y = x;  // freed without a backward; every node saves a tensor that owns the node before it
    for (int i = 0; i < 1'000'000; ++i) y = y * y;
  }
}

}  // namespace
}  // namespace infograd
