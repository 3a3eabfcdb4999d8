// The ownership rule, sentence by sentence: modules are handles; to() works in place; load(other.state())
// instead of clone; names survive; layers without bias behave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/infograd.h>

#include "tests/message_of.h"

namespace infograd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names(const nn::StateDict& state) {
  std::vector<std::string> all;
  for (const auto& [name, tensor] : state) all.push_back(name);
  return all;
}

struct Encoder : nn::Module {
  nn::Linear fc1 = child("fc1", nn::Linear(3, 4));
  nn::BatchNorm1d norm = child("norm", nn::BatchNorm1d(4));
  nn::Linear fc2 = child("fc2", nn::Linear(4, 2, {.bias = false}));
  Tensor operator()(const Tensor& x) const { return fc2(relu(norm(fc1(x)))); }
};

struct Model : nn::Module {
  Tensor temperature = param("temperature", ones({}));
  Encoder encoder = child("encoder", Encoder());
  nn::Linear head = child("head", nn::Linear(2, 5));
  Tensor operator()(const Tensor& x) const { return head(encoder(x)) / temperature; }
};

Tensor input() {
  return tensor({{1, 2, 3}, {-1, 0.5, 0}, {2, -2, 1}});
}

TEST(Module, NamesArePathsInOrderOfDeclaration) {
  const Model model;
  EXPECT_THAT(names(model.named_parameters()),
              ElementsAre("temperature", "encoder.fc1.weight", "encoder.fc1.bias", "encoder.norm.weight",
                          "encoder.norm.bias", "encoder.fc2.weight", "head.weight", "head.bias"));
  EXPECT_THAT(names(model.named_buffers()),
              ElementsAre("encoder.norm.running_mean", "encoder.norm.running_var"));
  EXPECT_EQ(model.parameters().size(), 8U);
  EXPECT_EQ(model.state().size(), 10U);
}

TEST(Module, ACopyIsAnAlias) {
  Model model;
  Model copy = model;
  EXPECT_TRUE(copy.encoder.fc1.weight().is_same(model.encoder.fc1.weight()));
  copy.eval();
  EXPECT_FALSE(model.is_training());
  EXPECT_FALSE(model.encoder.norm.is_training());
  nn::init::constant_(copy.head.bias(), 7);
  EXPECT_THAT(model.head.bias().to_vector<float>(), ElementsAre(7, 7, 7, 7, 7));
}

TEST(Module, TrainReachesEveryLevelAndStartsOn) {
  Model model;
  EXPECT_TRUE(model.encoder.norm.is_training());
  model.eval();
  EXPECT_FALSE(model.encoder.norm.is_training());
  model.train();
  EXPECT_TRUE(model.encoder.norm.is_training());
}

TEST(Module, ConversionIsInPlaceForEveryHandle) {
  Model model;
  const Tensor weight = model.encoder.fc1.weight();
  const Tensor mean = model.encoder.norm.running_mean();
  const std::vector<float> before = weight.to_vector<float>();
  model.to(DType::f64);
  EXPECT_EQ(weight.dtype(), DType::f64);
  EXPECT_EQ(mean.dtype(), DType::f64);
  EXPECT_TRUE(weight.requires_grad());
  EXPECT_TRUE(weight.is_leaf());
  EXPECT_TRUE(weight.is_same(model.encoder.fc1.weight()));
  const std::vector<double> after = weight.to_vector<double>();
  for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(after[i], static_cast<double>(before[i]));
  EXPECT_EQ(model(input().to(DType::f64)).dtype(), DType::f64);
  EXPECT_THAT(names(model.named_parameters()),
              ElementsAre("temperature", "encoder.fc1.weight", "encoder.fc1.bias", "encoder.norm.weight",
                          "encoder.norm.bias", "encoder.fc2.weight", "head.weight", "head.bias"));
}

TEST(Module, ConversionDropsGradientsAndOutdatesOldGraphs) {
  nn::Linear layer(3, 2);
  const Tensor y = sum(square(layer(input())));
  y.backward({}, true);
  ASSERT_TRUE(layer.weight().grad().defined());
  layer.to(DType::f64);
  EXPECT_FALSE(layer.weight().grad().defined());
  const Tensor x = input().set_requires_grad();
  nn::Linear other(3, 2);
  const Tensor z = sum(other(x));
  other.to(DType::f64);
  EXPECT_THROW(z.backward(), ValueError);
}

TEST(Module, ConversionToAnIntegerTypeIsRefused) {
  nn::Linear layer(3, 2);
  EXPECT_THAT(message_of([&] { layer.to(DType::i64); }), HasSubstr("i64"));
}

TEST(Module, MovingToItsOwnDeviceKeepsEverything) {
  Model model;
  const void* address = model.head.weight().raw_data();
  model.to(cpu);
  EXPECT_EQ(model.head.weight().raw_data(), address);
}

TEST(Module, LoadCopiesAStateIntoAnotherModule) {
  Model source;
  Model target;
  const Tensor weight = target.encoder.fc1.weight();
  (void)source(input());  // moves the running statistics
  target.load(source.state());
  source.eval();
  target.eval();
  EXPECT_EQ(source(input()).to_vector<float>(), target(input()).to_vector<float>());
  EXPECT_TRUE(weight.is_same(target.encoder.fc1.weight()));
  EXPECT_TRUE(weight.requires_grad());
  nn::init::zeros_(source.head.bias());
  EXPECT_NE(source.head.bias().to_vector<float>(), target.head.bias().to_vector<float>())
      << "load must not alias";
}

TEST(Module, StateAliasesTheModuleOutsideTheGraph) {
  nn::Linear layer(2, 2);
  const nn::StateDict state = layer.state();
  EXPECT_FALSE(state[0].second.requires_grad());
  nn::init::constant_(layer.weight(), 3);
  EXPECT_THAT(state[0].second.to_vector<float>(), ElementsAre(3, 3, 3, 3));
}

TEST(Module, LoadListsEverythingThatDoesNotFitAndChangesNothing) {
  Encoder encoder;
  const std::vector<float> before = encoder.fc1.bias().to_vector<float>();
  nn::StateDict state{{"fc1.weight", zeros({4, 7})},
                      {"fc1.bias", zeros({4})},
                      {"norm.weight", zeros({4}, DType::f64)},
                      {"norm.bias", zeros({4})},
                      {"norm.running_mean", zeros({4})},
                      {"norm.running_var", zeros({4})},
                      {"fc3.weight", zeros({9})}};
  const std::string message = message_of([&] { encoder.load(state); });
  EXPECT_THAT(message, HasSubstr("Module::load"));
  EXPECT_THAT(message, HasSubstr("mismatch: fc1.weight is f32[4, 3], given f32[4, 7]"));
  EXPECT_THAT(message, HasSubstr("mismatch: norm.weight is f32[4], given f64[4]"));
  EXPECT_THAT(message, HasSubstr("missing: fc2.weight f32[2, 4]"));
  EXPECT_THAT(message, HasSubstr("unexpected: fc3.weight f32[9]"));
  EXPECT_EQ(encoder.fc1.bias().to_vector<float>(), before);
}

TEST(Module, LoadRejectsANameGivenTwiceAndAnUndefinedTensor) {
  nn::Linear layer(2, 2, {.bias = false});
  EXPECT_THAT(message_of([&] {
                layer.load({{"weight", zeros({2, 2})}, {"weight", ones({2, 2})}});
              }),
              HasSubstr("given twice: weight"));
  EXPECT_THAT(message_of([&] { layer.load({{"weight", Tensor()}}); }), HasSubstr("undefined: weight"));
}

TEST(Module, PartialLoadTakesWhatMatchesAndReportsTheRest) {
  nn::Linear layer(2, 1);
  const nn::LoadReport report =
      layer.load({{"weight", tensor({{5, 6}})}, {"scale", zeros({3})}}, nn::LoadPolicy::partial);
  EXPECT_THAT(layer.weight().to_vector<float>(), ElementsAre(5, 6));
  EXPECT_THAT(report.missing, ElementsAre("bias"));
  EXPECT_THAT(report.unexpected, ElementsAre("scale"));
  EXPECT_THROW(layer.load({{"weight", zeros({3, 3})}}, nn::LoadPolicy::partial), ValueError);
}

TEST(Module, LayersWithoutBiasBehave) {
  nn::Linear layer(3, 2, {.bias = false});
  EXPECT_FALSE(layer.bias().defined());
  EXPECT_THAT(names(layer.state()), ElementsAre("weight"));
  layer.to(DType::f64);
  layer.to(cpu);
  layer.zero_grad();
  layer.eval();
  nn::Linear other(3, 2, {.bias = false});
  other.to(DType::f64);
  other.load(layer.state());
  EXPECT_EQ(nn::summary(other).parameters, 6);
}

TEST(Module, ATakenNameIsAnError) {
  struct Twice : nn::Module {
    nn::Linear a = child("fc", nn::Linear(2, 2));
    nn::Linear b = child("fc", nn::Linear(2, 2));
  };
  EXPECT_THAT(message_of([] { Twice(); }), HasSubstr("`fc` is given twice"));
  struct Mixed : nn::Module {
    Tensor a = param("x", ones({1}));
    Tensor b = buffer("x", ones({1}));
  };
  EXPECT_THAT(message_of([] { Mixed(); }), HasSubstr("`x` is given twice"));
}

TEST(Module, ANameWithADotOrNoNameIsAnError) {
  struct Dotted : nn::Module {
    Tensor a = param("fc.weight", ones({1}));
  };
  EXPECT_THAT(message_of([] { Dotted(); }), HasSubstr("`fc.weight` cannot be a member name"));
  struct Empty : nn::Module {
    Tensor a = param("", ones({1}));
  };
  EXPECT_THROW(Empty(), ValueError);
}

TEST(Module, AModuleInsideItselfIsAnError) {
  struct Loop : nn::Module {
    void close() { child("self", *this); }
  };
  Loop loop;
  EXPECT_THAT(message_of([&] { loop.close(); }), HasSubstr("contains this module itself"));
}

TEST(Module, ParametersMustBeFloatingLeaves) {
  struct Labels : nn::Module {
    Tensor a = param("labels", zeros({2}, DType::i64));
  };
  EXPECT_THAT(message_of([] { Labels(); }), HasSubstr("i64[2]"));
  struct Computed : nn::Module {
    Tensor a = param("a", ones({2}).set_requires_grad() * 2.0);
  };
  EXPECT_THAT(message_of([] { Computed(); }), HasSubstr("computed by a recorded op"));
}

TEST(Module, ASharedTensorIsOneParameterWithTwoSavedNames) {
  struct Tied : nn::Module {
    nn::Linear in = child("in", nn::Linear(2, 2, {.bias = false}));
    Tensor out = param("out", in.weight());
    nn::Linear again = child("again", in);
  };
  const Tied tied;
  EXPECT_THAT(names(tied.named_parameters()), ElementsAre("out"));
  EXPECT_THAT(names(tied.state()), ElementsAre("out", "in.weight", "again.weight"));
  EXPECT_EQ(optim::SGD(tied.named_parameters()).state().size(), 3U) << "step, lr and one parameter's counter";
}

TEST(Module, FreezingAndZeroGradReachEveryParameter) {
  Encoder encoder;
  encoder.set_requires_grad(false);
  EXPECT_FALSE(encoder(input()).requires_grad());
  encoder.set_requires_grad();
  sum(encoder(input())).backward();
  EXPECT_TRUE(encoder.fc2.weight().grad().defined());
  encoder.zero_grad();
  for (const Tensor& tensor : encoder.parameters()) EXPECT_FALSE(tensor.grad().defined());
}

TEST(Module, ChildrenCanBeWalked) {
  const Model model;
  const auto children = model.named_children();
  ASSERT_EQ(children.size(), 2U);
  EXPECT_EQ(children[0].first, "encoder");
  EXPECT_EQ(children[1].second.description(), "Linear(2, 5)");
  EXPECT_EQ(children[0].second.parameters().size(), 5U);
}

}  // namespace
}  // namespace infograd
