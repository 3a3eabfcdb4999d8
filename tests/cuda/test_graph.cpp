// cuda::Graph without a device: its states, what the host does at a replay, and what cannot be captured. The
// driver counts instead of recording, so a captured step runs once, while it is captured.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/autograd/grad_mode.h>
#include <infograd/backends/capture.h>
#include <infograd/backends/cuda/optimizer_body.h>
#include <infograd/backends/cuda/random_body.h>
#include <infograd/backends/cuda_device.h>
#include <infograd/backends/cuda_graph.h>
#include <infograd/backends/pretended_device.h>
#include <infograd/core/allocator.h>
#include <infograd/nn/dropout.h>
#include <infograd/nn/linear.h>
#include <infograd/nn/optim/adamw.h>
#include <infograd/nn/optim/rmsprop.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>

#include "tests/backends/helpers.h"
#include "tests/message_of.h"

namespace infograd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
constexpr Device kDevice = PretendedDevice::kDevice;

struct Counts {
  int begun = 0, ended = 0, aborted = 0, launched = 0;
} counts;

class CountingDriver final : public GraphDriver {
 public:
  void begin() override { ++counts.begun; }
  void end() override { ++counts.ended; }
  void abort() noexcept override { ++counts.aborted; }
  void launch() override { ++counts.launched; }
  int64_t nodes() const override { return 7; }
};

class CudaGraph : public ::testing::Test {
 protected:
  CudaGraph()
      : before_(serve_graphs(
            [](Device) -> std::unique_ptr<GraphDriver> { return std::make_unique<CountingDriver>(); })) {
    counts = {};
  }
  ~CudaGraph() override { serve_graphs(before_); }

 private:
  PretendedDevice device_;
  GraphDriverFactory before_;
};

TEST_F(CudaGraph, WarmsUpCapturesAndReplays) {
  int runs = 0;
  cuda::Graph step([&] { ++runs; }, {.device = kDevice, .warmup = 3});
  for (int i = 0; i < 3; ++i) step();
  EXPECT_FALSE(step.captured());
  EXPECT_EQ(counts.begun, 0);
  EXPECT_EQ(runs, 3);
  step();
  EXPECT_TRUE(step.captured());
  EXPECT_EQ(step.nodes(), 7);
  EXPECT_EQ(runs, 4);
  EXPECT_EQ(counts.launched, 1) << "the capture is a step, too";
  for (int i = 0; i < 5; ++i) step();
  EXPECT_EQ(runs, 4) << "replays do not run the step";
  EXPECT_EQ(counts.launched, 6);
  EXPECT_EQ(step.replays(), 6);
  step.reset();
  EXPECT_FALSE(step.captured());
  step();
  EXPECT_EQ(runs, 5);
  EXPECT_EQ(counts.begun, 2);
}

TEST_F(CudaGraph, OnTheCpuEveryCallRuns) {
  int runs = 0;
  cuda::Graph step([&] { ++runs; }, {.device = cpu});
  for (int i = 0; i < 6; ++i) step();
  EXPECT_EQ(runs, 6);
  EXPECT_FALSE(step.captured());
}

TEST_F(CudaGraph, BadArgumentsAreNamed) {
  EXPECT_THAT(message_of<ValueError>([] { cuda::Graph({}, {.device = kDevice}); }),
              HasSubstr("the step is empty"));
  EXPECT_THAT(message_of<ValueError>([] { cuda::Graph([] {}, {.device = kDevice, .warmup = 0}); }),
              HasSubstr("warmup is 0"));
  const GraphDriverFactory none = serve_graphs(nullptr);
  EXPECT_THAT(message_of<DeviceError>([] { cuda::Graph([] {}, {.device = kDevice}); }),
              HasSubstr("nothing captures the work of cuda:14"));
  serve_graphs(none);
}

TEST_F(CudaGraph, ReadingANumberInsideIsRefused) {
  const Tensor x = full({3}, 2, DType::f32, kDevice);
  double loss = 0;
  Generator& generator = default_generator();
  cuda::Graph step(
      [&] {
        rand_normal({100}, 0, 1, DType::f32, generator, kDevice);
        loss = sum(x).item();
      },
      {.device = kDevice});
  step();
  step();
  const Generator::State before = generator.state();
  const std::string text = message_of<Error>([&] { step(); });
  EXPECT_THAT(text, HasSubstr("item() or to(cpu) waits for cuda:14, which a captured step cannot"));
  EXPECT_THAT(text, HasSubstr("after the step"));
  EXPECT_EQ(generator.state(), before) << "the failed step drew nothing";
  EXPECT_EQ(counts.aborted, 1);
  EXPECT_EQ(counts.launched, 0);
  EXPECT_FALSE(step.captured());
  EXPECT_EQ(Capture::current(), nullptr);
  EXPECT_EQ(sum(x).item(), 6) << "outside it may be read";
}

TEST_F(CudaGraph, CopyingFromTheHostInsideIsRefusedUnlessItIsAConstant) {
  const Tensor batch = zeros({4});
  cuda::Graph step([&] { batch.to(kDevice); }, {.device = kDevice, .warmup = 1});
  step();
  EXPECT_THAT(message_of<Error>([&] { step(); }), HasSubstr("fill it with copy_ before each call"));
  cuda::Graph fine([] { arange(0, 5, 1, DType::f32, kDevice); }, {.device = kDevice, .warmup = 1});
  fine();
  fine();
  EXPECT_TRUE(fine.captured());
}

TEST_F(CudaGraph, AGraphInsideAGraphIsRefused) {
  cuda::Graph inner([] {}, {.device = kDevice, .warmup = 1});
  inner();
  inner();
  cuda::Graph outer([&] { inner(); }, {.device = kDevice, .warmup = 1});
  outer();
  EXPECT_THAT(message_of<ValueError>([&] { outer(); }), HasSubstr("cannot run another graph"));
}

TEST_F(CudaGraph, ItsMemoryServesNobodyElse) {
  Tensor kept;
  cuda::Graph step([&] { kept = zeros({1000}, DType::f32, kDevice) + 1; }, {.device = kDevice});
  for (int i = 0; i < 3; ++i) step();
  EXPECT_GE(step.bytes(), 8000U);
  const void* address = kept.raw_data();
  kept = Tensor();
  for (int i = 0; i < 4; ++i) EXPECT_NE(zeros({1000}, DType::f32, kDevice).raw_data(), address);
}

TEST_F(CudaGraph, DrawsAdvanceAsIfTheStepRan) {
  Generator generator(5), eager(5);
  generator.take(8);  // not at the beginning
  eager.take(8);
  Capture host(kDevice, {&generator});
  PhiloxSource first, second;
  host.record([&] {
    first = Capture::current()->source_of(generator.take(10));
    second = Capture::current()->source_of(generator.take(7));
  });
  const auto offsets = [&] {
    host.upload();
    return std::vector<uint64_t>{cuda::key_of(first).offset, cuda::key_of(second).offset};
  };
  const auto expected = [&] {
    const uint64_t a = eager.take(10).offset;
    return std::vector<uint64_t>{a, eager.take(7).offset};
  };
  EXPECT_EQ(offsets(), expected());
  for (int i = 0; i < 3; ++i) {
    host.replay();
    EXPECT_EQ(offsets(), expected()) << "replay " << i;
  }
  EXPECT_EQ(generator.state(), eager.state());
  generator = eager = Generator(99);  // seeded anew between replays
  host.replay();
  EXPECT_EQ(offsets(), expected());
  EXPECT_EQ(cuda::key_of(first).seed, 99U);
}

TEST_F(CudaGraph, AGeneratorThatNobodyNamedIsRefused) {
  Generator generator(5), other(6);
  Capture host(kDevice, {&generator});
  const std::string text =
      message_of<ValueError>([&] { host.record([&] { Capture::current()->source_of(other.take(4)); }); });
  EXPECT_THAT(text, HasSubstr("seed 6"));
  EXPECT_THAT(text, HasSubstr("GraphOptions::generators"));
  Generator same_seed(5);
  for (const int64_t ahead : {0, 1000}) {  // the other one is behind, then ahead of the one that is named
    generator.take(100);
    same_seed.take(ahead);
    EXPECT_THROW(host.record([&] { Capture::current()->source_of(same_seed.take(4)); }), ValueError);
  }
}

TEST_F(CudaGraph, GeneratorsOfOneSeedAreKeptApart) {
  Generator late(5), early(5);
  late.take(400);
  Capture host(kDevice, {&late, &early});
  PhiloxSource a, b;
  host.record([&] {
    a = Capture::current()->source_of(late.take(40));
    b = Capture::current()->source_of(early.take(4));
  });
  host.replay();
  host.upload();
  EXPECT_EQ(cuda::key_of(a).offset, 110U);
  EXPECT_EQ(cuda::key_of(b).offset, 1U);
}

TEST_F(CudaGraph, ALayerShowsItsGenerators) {
  struct Model : nn::Module {
    nn::Dropout a = child("a", nn::Dropout(0.5));
    nn::Dropout b = child("b", nn::Dropout(0.5));
    nn::Linear c = child("c", nn::Linear(2, 2));
  } model;
  EXPECT_EQ(model.generators().size(), 2U);
}

/// Notes what each update was asked for.
class NotingOptimizer : public optim::Optimizer {
 public:
  NotingOptimizer(optim::Parameters parameters, bool follows)
      : Optimizer(std::move(parameters), {}, 0.5, 0), follows_(follows) {}
  std::vector<std::pair<double, int64_t>> seen;

 protected:
  void update(const Run& run) override { seen.emplace_back(run.lr, run.step); }
  bool follows_replays() const override { return follows_; }

 private:
  bool follows_;
};

TEST_F(CudaGraph, TheHostsHalfOfAnOptimizerRunsAtEveryReplay) {
  Tensor w = ones({2}, DType::f32, kDevice).set_requires_grad();
  NotingOptimizer optimizer(std::vector<Tensor>{w}, true);
  optimizer.set_schedule([](double lr, int64_t step) { return lr / static_cast<double>(1 + step); });
  cuda::Graph step(
      [&] {
        optimizer.zero_grad();
        sum(w).backward();
        optimizer.step();
      },
      {.device = kDevice, .warmup = 1});
  for (int i = 0; i < 4; ++i) step();
  EXPECT_THAT(optimizer.seen,
              ElementsAre(std::pair(0.5, 1), std::pair(0.25, 2), std::pair(0.5 / 3, 3), std::pair(0.125, 4)));
  EXPECT_EQ(optimizer.steps(), 4);
  optimizer.set_schedule([](double, int64_t) { return -1.0; });
  EXPECT_THROW(step(), ValueError);
  EXPECT_EQ(optimizer.steps(), 4) << "a replay that fails is none";
  optimizer.set_schedule({});
  step();
  EXPECT_EQ(optimizer.seen.back(), std::pair(0.5, int64_t{5}));
}

TEST_F(CudaGraph, AFailedCaptureTakesTheOptimizerBack) {
  Tensor w = ones({2}, DType::f32, kDevice).set_requires_grad();
  NotingOptimizer optimizer(std::vector<Tensor>{w}, true);
  bool read = false;
  cuda::Graph step(
      [&] {
        const Tensor loss = sum(w);
        loss.backward();
        optimizer.step();
        if (read) loss.item();
      },
      {.device = kDevice, .warmup = 1});
  step();
  read = true;
  EXPECT_THROW(step(), Error);
  EXPECT_EQ(optimizer.steps(), 1);
  read = false;
  step();
  EXPECT_EQ(optimizer.seen.back().second, 2);
}

TEST_F(CudaGraph, AnOptimizerThatCannotFollowSaysSoWhenItsRateChanges) {
  Tensor w = ones({2}, DType::f32, kDevice).set_requires_grad();
  NotingOptimizer optimizer(std::vector<Tensor>{w}, false);
  cuda::Graph step(
      [&] {
        sum(w).backward();
        optimizer.step();
      },
      {.device = kDevice, .warmup = 1});
  for (int i = 0; i < 3; ++i) step();
  EXPECT_EQ(optimizer.steps(), 3);
  EXPECT_EQ(optimizer.seen.size(), 2U) << "its kernels are in the graph";
  optimizer.set_lr(0.1);
  EXPECT_THAT(message_of<ValueError>([&] { step(); }), HasSubstr("the rate changed from 0.5 to 0.1"));
}

TEST_F(CudaGraph, AParameterOfAnotherDeviceIsRefused) {
  Tensor there = ones({2}, DType::f32, kDevice).set_requires_grad(), here = ones({2}).set_requires_grad();
  NotingOptimizer optimizer(std::vector<Tensor>{there, here}, true);
  cuda::Graph step(
      [&] {
        sum(there).backward();
        sum(here).backward();
        optimizer.step();
      },
      {.device = kDevice, .warmup = 1});
  step();
  EXPECT_THAT(message_of<ValueError>([&] { step(); }),
              HasSubstr("on cpu, but the step that is captured works on cuda:14"));
  EXPECT_EQ(optimizer.steps(), 1);
}

TEST_F(CudaGraph, ConstantsInMemoryGiveTheBitsOfConstantsInArguments) {
  using Step = cuda::AdamStep<float>;
  const auto constants_of = [](int step) {
    return Step{0.9F,
                0.999F,
                0.1F,
                0.001F,
                1,
                0,
                1,
                static_cast<float>(0.01 / (1 - std::pow(0.9, step))),
                static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, step))),
                1e-8F};
  };
  Capture host(kDevice, {});
  const Step* at = nullptr;
  int step = 3;
  const auto note = [&] {
    const Step now = constants_of(step);
    at = static_cast<const Step*>(Capture::current()->constants(&now, sizeof(now)));
  };
  host.record([&] {
    note();
    Capture::current()->at_replay({.replay = note, .undo = [] {}});
  });
  const Step* const place = at;
  std::vector<float> a(100, 1), b(100, 1), g(100, 0.3F), m(100), v(100), n(100), w(100);
  for (; step < 6; ++step) {
    if (step > 3) host.replay();
    EXPECT_EQ(at, place);
    host.upload();
    cuda::ListKernel<Step, float> captured{Step{}, {}, at}, plain{constants_of(step), {}};
    captured.list.add(a.data(), g.data(), m.data(), v.data(), 100);
    plain.list.add(b.data(), g.data(), n.data(), w.data(), 100);
    for (int thread = 0; thread < cuda::kThreads; ++thread) captured.run(0, thread), plain.run(0, thread);
    EXPECT_EQ(a, b);
  }
  EXPECT_NE(a[0], 1);
}

TEST_F(CudaGraph, AFullTableIsNamed) {
  Capture host(kDevice, {});
  const std::vector<char> much(Capture::kTableBytes);
  EXPECT_THAT(message_of<Error>([&] {
                host.record([&] {
                  Capture::current()->constants(much.data(), 16);
                  Capture::current()->constants(much.data(), much.size());
                });
              }),
              HasSubstr("numbers that change from replay to replay"));
}

// With a device.

struct Training {
  Generator generator{1};
  nn::Linear first{12, 32, {.activation = Activation::relu, .generator = &generator}};
  nn::Dropout drop{0.3, {.generator = &generator}};
  nn::Linear second{32, 1, {.generator = &generator}};
  Training() {
    for (nn::Module* module : std::initializer_list<nn::Module*>{&first, &drop, &second})
      module->to(Device::cuda());
  }
  std::vector<Tensor> parameters() const {
    return {first.weight(), first.bias(), second.weight(), second.bias()};
  }
};

std::vector<double> losses_of(bool graph) {
  Training model;
  optim::AdamW optimizer(model.parameters(), {.lr = 1e-2});
  Generator data(3);
  Tensor x = empty({40, 12}, DType::f32, Device::cuda()), loss;
  const auto run = [&] {
    optimizer.zero_grad();
    loss = mean(square(model.second(model.drop(model.first(x))) - sum(x, {1}, true)));
    loss.backward();
    optimizer.step();
  };
  cuda::Graph step(run, {.generators = model.drop.generators()});
  std::vector<double> losses;
  for (int i = 0; i < 30; ++i) {
    const NoGrad off;
    copy_(x, rand_normal({40, 12}, 0, 1, DType::f32, data, Device::cuda()));
    const EnableGrad on;
    if (graph)
      step();
    else
      run();
    losses.push_back(loss.item());
  }
  EXPECT_EQ(step.captured(), graph);
  return losses;
}

TEST(CudaGraphOnDevice, ReplaysAreTheStepsThatRunningGives) {
  if (!cuda::is_available()) GTEST_SKIP() << cuda::why_unavailable();
  EXPECT_EQ(losses_of(true), losses_of(false));
}

}  // namespace
}  // namespace infograd
