// The checker must pass what is right and fail what is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/autograd/gradcheck.h>
#include <infograd/autograd/record.h>
#include <infograd/core/error.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/shape_ops.h>

namespace infograd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Tensor leaf(const Tensor& values) {
  Tensor x = values.detach();
  x.set_requires_grad();
  return x;
}
Tensor matrix() {
  return tensor({{0.3, -1.2, 2.0}, {0.7, 0.1, -0.4}}, DType::f64);
}

/// sin with a derivative that is wrong at one element.
Tensor wrong_sin(const Tensor& x) {
  Tensor out = sin(x.detach());
  record(out, "wrong_sin", {&x}, [x = Saved(x)](const Tensor& g) {
    Tensor factor = cos(x.get().detach()).clone();
    factor.data<double>()[4] *= 1.01;
    return Grads{g * factor};
  });
  return out;
}

/// Right first derivative, wrong second one (the factor is cut out of the graph).
Tensor once_square(const Tensor& x) {
  Tensor out = square(x.detach());
  record(out, "once_square", {&x},
         [x = Saved(x)](const Tensor& g) { return Grads{g * (x.get().detach() * 2.0)}; });
  return out;
}

TEST(Gradcheck, PassesRightDerivativesOnAnyLayout) {
  const auto f = [](const std::vector<Tensor>& in) { return sin(in[0]) * exp(in[0]); };
  for (const Tensor& x :
       {matrix(), transpose(matrix()), expand(slice(matrix(), 0, 0, 1), {3, 3}), slice(matrix(), 1, 1)}) {
    const auto report = gradcheck(f, {leaf(x)});
    EXPECT_TRUE(report.ok) << report.message;
    const auto second = gradgradcheck(f, {leaf(x)});
    EXPECT_TRUE(second.ok) << second.message;
  }
}

TEST(Gradcheck, NamesTheWorstElement) {
  const auto report =
      gradcheck([](const auto& in) { return in[0] * wrong_sin(in[1]); }, {leaf(matrix()), leaf(matrix())});
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.worst_input, 1);
  EXPECT_EQ(report.worst_index, 4);
  EXPECT_THAT(report.message, AllOf(HasSubstr("failed"), HasSubstr("element 4 of input 1"),
                                    HasSubstr("analytic"), HasSubstr("numeric")));
}

TEST(Gradcheck, ANaNIsTheWorst) {
  const auto f = [](const std::vector<Tensor>& in) { return sqrt(in[0]); };
  const auto report = gradcheck(f, {leaf(tensor({1, 0, 4}, DType::f64))});  // sqrt(-h) is NaN
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.worst_index, 1);
  EXPECT_THAT(report.message, HasSubstr("nan"));
}

TEST(Gradcheck, ExactDerivativesAreCompared) {
  const auto f = [](const std::vector<Tensor>& in) { return in[0] * 0.0; };
  const auto report = gradcheck(f, {leaf(matrix())});
  EXPECT_TRUE(report.ok);
  EXPECT_EQ(report.worst_input, 0);
  EXPECT_THAT(report.message, HasSubstr("passed"));
}

TEST(Gradcheck, SecondOrderMistakesAreFound) {
  const auto f = [](const std::vector<Tensor>& in) { return once_square(in[0]); };
  EXPECT_TRUE(gradcheck(f, {leaf(matrix())}).ok);
  EXPECT_FALSE(gradgradcheck(f, {leaf(matrix())}).ok);
}

TEST(Gradcheck, RefusesWhatItCannotCheck) {
  const auto f = [](const std::vector<Tensor>& in) { return sin(in[0]); };
  Tensor single = zeros({2});
  single.set_requires_grad();
  EXPECT_THAT([&] { gradcheck(f, {single}); }, ThrowsMessage<DTypeError>(HasSubstr("f32[2]")));
  EXPECT_THAT([&] { gradcheck(f, {matrix()}); },
              ThrowsMessage<ValueError>(HasSubstr("no input requires a gradient")));
  const auto report = gradcheck([](const auto& in) { return in[0].detach(); }, {leaf(matrix())});
  EXPECT_FALSE(report.ok);
}

TEST(Gradcheck, EmptyInputsPass) {
  EXPECT_TRUE(gradcheck([](const auto& in) { return sin(in[0]); }, {leaf(zeros({0, 3}, DType::f64))}).ok);
}

}  // namespace
}  // namespace infograd
