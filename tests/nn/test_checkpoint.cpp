#include <gmock/gmock.h>

#include <infograd/nn/checkpoint/checkpoint.h>
#include <infograd/nn/optim/plateau.h>
#include <infograd/ops/creation.h>

#include "tests/nn/files.h"

namespace infograd {
namespace {

using checkpoint::Checkpoint;
using testing::HasSubstr;

class CheckpointFile : public test::FileTest {};

std::vector<std::string> names(const nn::StateDict& state) {
  std::vector<std::string> result;
  for (const auto& [name, tensor] : state) result.push_back(name);
  std::sort(result.begin(), result.end());
  return result;
}

TEST_F(CheckpointFile, KeepsEverything) {
  Generator generator(42);
  generator.uniform();
  generator.split();
  Checkpoint saved{.model = {{"fc.weight", tensor({1, 2})}, {"bn.steps", scalar(3, DType::i64)}},
                   .optimizer = {{"fc.weight.m", tensor({3, 4})}, {"fc.weight.v", tensor({5, 6})}},
                   .counters = {{"epoch", 2}, {"schedule.step", int64_t{1} << 40U}},
                   .generators = {{"augment", generator.state()}},
                   .loaders = {{"train", {3, 17, generator.state()}}},
                   .extra = {{"mine", tensor({0.25, 3}, DType::f64)}},
                   .metadata = {{"objective", "infonce"}}};
  checkpoint::save(path("c.safetensors"), saved);
  const Checkpoint loaded = checkpoint::load(path("c.safetensors"));
  EXPECT_EQ(names(loaded.model), (std::vector<std::string>{"bn.steps", "fc.weight"}));
  EXPECT_EQ(names(loaded.optimizer), (std::vector<std::string>{"fc.weight.m", "fc.weight.v"}));
  EXPECT_EQ(loaded.counters, saved.counters);
  EXPECT_EQ(loaded.generators, saved.generators);
  EXPECT_EQ(loaded.loaders, saved.loaders);
  EXPECT_EQ(names(loaded.extra), (std::vector<std::string>{"mine"}));
  EXPECT_EQ(loaded.extra[0].second.to_vector<double>(), (std::vector<double>{0.25, 3}));
  EXPECT_EQ(loaded.metadata.at("objective"), "infonce");
  EXPECT_EQ(loaded.metadata.at("kind"), "checkpoint");
  EXPECT_EQ(loaded.metadata.at("format"), "infograd");
  EXPECT_EQ(checkpoint::counter(loaded, "epoch"), 2);
  EXPECT_THAT(message_of<ValueError>([&] { checkpoint::counter(loaded, "step"); }),
              HasSubstr("present: epoch, schedule.step"));
  Generator resumed(0);
  resumed.set_state(loaded.generators.at("augment"));
  EXPECT_EQ(resumed.uniform(), generator.uniform());
}

TEST_F(CheckpointFile, NamesInTheFileAreStable) {
  checkpoint::save(path("c"), {.model = {{"a", tensor({1})}},
                               .optimizer = {{"a.m", tensor({2})}},
                               .counters = {{"step", 1}},
                               .generators = {{"g", {}}},
                               .loaders = {{"l", {}}},
                               .extra = {{"e", tensor({3})}}});
  const auto file = checkpoint::load_safetensors(path("c"));
  EXPECT_EQ(names(file.tensors), (std::vector<std::string>{"a", "counter.step", "extra.e", "generator.g",
                                                           "loader.l", "optim.a.m"}));
}

TEST_F(CheckpointFile, APlateauGoesOnWhereItStood) {
  optim::Plateau plateau({.patience = 0});
  for (const double metric : {2.0, 1.0, 1.5}) plateau.observe(metric);
  checkpoint::save(path("c"), {.extra = plateau.state()});
  optim::Plateau resumed({.patience = 0});
  resumed.load(checkpoint::load(path("c")).extra);
  EXPECT_NE(resumed(1, 0), 1);
  for (optim::Plateau* each : {&plateau, &resumed}) each->observe(1.2);
  EXPECT_EQ(resumed(1, 0), plateau(1, 0));
}

TEST_F(CheckpointFile, ParametersOfAnyProgramLoadAsAModel) {
  checkpoint::save_safetensors(path("foreign"), {{"optim.x", tensor({1})}, {"w", tensor({2})}});
  const Checkpoint loaded = checkpoint::load(path("foreign"));
  EXPECT_EQ(names(loaded.model), (std::vector<std::string>{"optim.x", "w"}));
  checkpoint::save_parameters(path("own"), {{"w", tensor({2})}}, {{"note", "x"}});
  EXPECT_EQ(checkpoint::load(path("own")).metadata.at("kind"), "parameters");
}

TEST_F(CheckpointFile, RefusesNamesOfItsOwnAndDamagedState) {
  EXPECT_THAT(message_of<ValueError>([&] {
                checkpoint::save(path("c"), {.model = {{"optim.w", tensor({1})}}});
              }),
              HasSubstr("'optim.w'"));
  EXPECT_EQ(files(), 0U);
  checkpoint::save_safetensors(path("c"), {{"generator.g", tensor({1})}}, {{"kind", "checkpoint"}});
  EXPECT_THAT(message_of<IoError>([&] { checkpoint::load(path("c")); }),
              HasSubstr("must be u8[32], found f32[1]"));
  checkpoint::save_safetensors(path("c"), {{"counter.n", tensor({1})}}, {{"kind", "checkpoint"}});
  EXPECT_THAT(message_of<IoError>([&] { checkpoint::load(path("c")); }), HasSubstr("must be i64[]"));
}

}  // namespace
}  // namespace infograd
