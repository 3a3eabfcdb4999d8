#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/backends/registry.h>
#include <infograd/core/build_info.h>
#include <infograd/core/error.h>

#include "tests/backends/helpers.h"
#include "tests/message_of.h"

namespace infograd {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

struct Bare : Backend {
  std::string_view name() const override { return "bare"; }
};

TEST(Backend, AMissingMethodNamesBackendMethodTypesAndShapes) {
  Bare bare;
  const Tensor x = empty({2, 3}), y = empty({2, 1}, DType::f64);
  EXPECT_EQ(message_of<NotImplemented>([&] { bare.softmax(View(y), ConstView(x), 1, false); }),
            "bare: softmax is not implemented for f64 [2, 1], f32 [2, 3]");
  GemmArgs product;
  product.out = View(x);
  product.a = product.b = ConstView(x);
  EXPECT_EQ(message_of<NotImplemented>([&] { bare.gemm(product); }),
            "bare: gemm is not implemented for f32 [2, 3], f32 [2, 3], f32 [2, 3]");
  EXPECT_EQ(message_of<NotImplemented>([&] { bare.adam_step({}); }),
            "bare: adam_step is not implemented for");
}

TEST(Registry, FindsBackendsByName) {
  EXPECT_THAT(compiled_backends(), Contains("reference"));
  for (const std::string& name : compiled_backends()) EXPECT_EQ(backend_by_name(name).name(), name);
}

TEST(Registry, AnUnknownNameListsWhatIsThere) {
  EXPECT_THAT(message_of<DeviceError>([] { backend_by_name("abacus"); }),
              AllOf(HasSubstr("abacus"), HasSubstr("reference")));
}

TEST(Registry, ADeviceWithoutBackendIsNamed) {
  const std::vector<std::string> names = compiled_backends();
  if (std::find(names.begin(), names.end(), "cuda") != names.end())
    GTEST_SKIP() << "this build has a CUDA backend";
  EXPECT_THAT(message_of<DeviceError>([] {
                backend_for({Device::Kind::cuda, 1});
              }),
              AllOf(HasSubstr("cuda:1"), HasSubstr("reference"), HasSubstr("cmake --preset cuda")));
}

TEST(BackendScope, HoldsForItsLifeOnItsThread) {
  Backend* initial = &backend_for(cpu);
  {
    const BackendScope scope("reference");
    EXPECT_EQ(backend_for(cpu).name(), "reference");
    Backend* elsewhere = nullptr;
    std::thread([&] { elsewhere = &backend_for(cpu); }).join();
    EXPECT_EQ(elsewhere, initial);
    {
      const BackendScope inner(initial->name());
      EXPECT_EQ(&backend_for(cpu), initial);
    }
    EXPECT_EQ(backend_for(cpu).name(), "reference");
  }
  EXPECT_EQ(&backend_for(cpu), initial);
  EXPECT_THROW(BackendScope("abacus"), DeviceError);
}

TEST(PrecisionScope, HoldsForItsLife) {
  EXPECT_EQ(matmul_precision(), Precision::f32);
  {
    const PrecisionScope scope(Precision::bf16);
    EXPECT_EQ(matmul_precision(), Precision::bf16);
  }
  EXPECT_EQ(matmul_precision(), Precision::f32);
}

TEST(BuildInfo, SaysWhatIsInForce) {
  const BuildInfo info = build_info();
  EXPECT_EQ(info.version, version());
  EXPECT_EQ(info.backends, compiled_backends());
  EXPECT_GE(info.threads, 1);
  EXPECT_THAT(info.wait_policy, HasSubstr("GOMP_SPINCOUNT"));
  EXPECT_THAT(to_string(info), AllOf(HasSubstr(info.compiler), HasSubstr("reference"), HasSubstr(info.isa),
                                     HasSubstr("CUDA")));
}

}  // namespace
}  // namespace infograd
