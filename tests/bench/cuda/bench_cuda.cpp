// What a GPU achieves: kernels against the copy bandwidth of the driver, products against cuBLAS, training
// steps eager and as graphs. One JSON object per line; report.py makes a table of them.
//
//   bench_cuda kernels|products|steps [--graph] [--device cpu|cuda] [--quick] [--only TEXT]
#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include <infograd/infograd.h>

#include "tests/bench/steps.h"
#if defined(INFOGRAD_YARDSTICKS)
#include "tests/bench/cuda/yardsticks.h"
#endif

namespace infograd::bench {
namespace {

struct Options {
  Device device = Device::cuda();
  bool graph = false, quick = false;
  std::string only;
};

void wait(Device device) {
  if (!device.is_cpu()) cuda::synchronize(device);
}

/// Of one call: the median of nine rounds, each of so many calls that waiting at its end does not count.
double milliseconds(const Step& step, const Options& options) {
  using Clock = std::chrono::steady_clock;
  const auto round = [&](int calls) {
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < calls; ++i) step();
    wait(options.device);
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count() / calls;
  };
  if (options.quick) return round(1);
  round(5);
  const int calls = std::clamp(static_cast<int>(50 / std::max(round(3), 1e-3)), 3, 2000);
  std::vector<double> times;
  for (int i = 0; i < 9; ++i) times.push_back(round(calls));
  std::nth_element(times.begin(), times.begin() + 4, times.end());
  return times[4];
}

/// Times `make()` and prints a line; what it throws becomes its error. Returns whether it ran.
bool measure(const std::string& name, const std::string& more, const Options& options,
             const std::function<Step()>& make) {
  if (name.find(options.only) == std::string::npos) return true;
  std::string result;
  bool good = true;
  try {
    const size_t before = memory::stats(options.device).active_bytes;
    const Step step = make();
    step();
    wait(options.device);
    memory::reset_peak(options.device);
    const double ms = milliseconds(step, options);
    const size_t peak = memory::stats(options.device).peak_active_bytes;
    result = fmt::format(R"("ms": {:.6g}, "memory": {})", ms, peak - std::min(peak, before));
  } catch (const std::exception& error) {
    std::string text = error.what();
    for (char& c : text)
      if (c == '"' || c == '\\' || c == '\n') c = ' ';
    result = fmt::format(R"("error": "{}")", text);
    good = false;
  }
  fmt::print("{{\"name\": \"{}\", {}{}}}\n", name, more, result);
  std::fflush(stdout);
  return good;
}

/// Large arrays: far beyond every cache.
bool kernels(const Options& options) {
  const int64_t n = int64_t{1} << (options.quick ? 16 : 27), columns = 1024, rows = n / columns;
  const Device device = options.device;
  const NoGrad values_only;
  const Tensor x = rand_normal({rows, columns}, 0, 1, DType::f32, default_generator(), device);
  const Tensor y = rand_normal({rows, columns}, 0, 1, DType::f32, default_generator(), device);
  const Tensor half = x.to(DType::bf16), row = select(x, 0, 0);
  Tensor out = empty_like(x);
  const double bytes = 4.0 * static_cast<double>(n);
  bool good = true;
  const auto add = [&](const char* name, const char* family, double moved, const Step& step) {
    good = measure(name, fmt::format(R"("family": "{}", "bytes": {:.0f}, )", family, moved), options,
                   [&] { return step; }) &&
           good;
  };
#if defined(INFOGRAD_YARDSTICKS)
  good = measure("copy by the driver", fmt::format(R"("family": "yardstick", "bytes": {:.0f}, )", 2 * bytes),
                 options, [&] { return driver_copy(static_cast<int64_t>(bytes)); });
#endif
  add("copy", "element-wise", 2 * bytes, [=]() mutable { copy_(out, x); });
  add("add", "element-wise", 3 * bytes, [=] { infograd::add(x, y); });
  add("add a row", "element-wise", 2 * bytes, [=] { infograd::add(x, row); });
  add("affine", "element-wise", 2 * bytes, [=] { affine(x, 2, 1); });
  add("exp", "element-wise", 2 * bytes, [=] { exp(x); });
  add("tanh", "element-wise", 2 * bytes, [=] { tanh(x); });
  add("gelu", "element-wise", 2 * bytes, [=] { gelu(x); });
  add("where", "element-wise", 3.25 * bytes, [=, mask = gt(x, 0.0)] { where(mask, x, y); });
  add("exp, bf16", "element-wise", bytes, [=] { exp(half); });
  add("to bf16", "element-wise", 1.5 * bytes, [=] { x.to(DType::bf16); });
  add("transposed copy", "strided", 2 * bytes, [=, t = transpose(x)] { t.contiguous(); });
  add("normal numbers", "random", bytes, [=] {
    rand_normal({rows, columns}, 0, 1, DType::f32, default_generator(), device);
  });
  add("sum", "reduction", bytes, [=] { sum(x); });
  add("sum of rows", "reduction", bytes, [=] { sum(x, {1}); });
  add("sum of columns", "reduction", bytes, [=] { sum(x, {0}); });
  add("max of rows", "reduction", bytes, [=] { max(x, {1}); });
  add("logsumexp of rows", "reduction", bytes, [=] { logsumexp(x, {1}); });
  add("softmax", "softmax", 2 * bytes, [=] { softmax(x, -1); });
  add("log_softmax", "softmax", 2 * bytes, [=] { log_softmax(x, -1); });
  const auto optimizer_step = [&](auto optimizer, Tensor parameter) -> Step {
    return [optimizer, parameter] { optimizer->step(); };
  };
  const auto parameter = [&] {
    Tensor p = x.clone().set_requires_grad();
    p.set_grad(y);
    return p;
  };
  good =
      measure(
          "SGD with momentum", fmt::format(R"("family": "optimizer", "bytes": {:.0f}, )", 5 * bytes), options,
          [&] {
            const Tensor p = parameter();
            return optimizer_step(std::make_shared<optim::SGD>(
                                      std::vector<Tensor>{p}, optim::SGDOptions{.lr = 1e-6, .momentum = 0.9}),
                                  p);
          }) &&
      good;
  good =
      measure("Adam", fmt::format(R"("family": "optimizer", "bytes": {:.0f}, )", 7 * bytes), options,
              [&] {
                const Tensor p = parameter();
                return optimizer_step(
                    std::make_shared<optim::Adam>(std::vector<Tensor>{p}, optim::AdamOptions{.lr = 1e-6}), p);
              }) &&
      good;
  return good;
}

bool products(const Options& options) {
  bool good = true;
  for (const int64_t n : options.quick ? std::vector<int64_t>{64} : std::vector<int64_t>{1024, 4096, 8192}) {
    const double flops = 2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
    const auto add = [&](const std::string& name, const std::function<Step()>& make) {
      good =
          measure(fmt::format("{} {}", name, n), fmt::format(R"("flops": {:.0f}, )", flops), options, make) &&
          good;
    };
    const auto ours = [&](DType dtype, bool tensor_float) {
      return [=]() -> Step {
        const Tensor a = rand_uniform({n, n}, -1, 1).to(dtype).to(options.device),
                     b = rand_uniform({n, n}, -1, 1).to(dtype).to(options.device);
        return [=] {
          const NoGrad value_only;
          const cuda::TensorFloatScope scope(tensor_float);
          matmul(a, b);
        };
      };
    };
    add("matmul f32", ours(DType::f32, false));
    add("matmul tf32", ours(DType::f32, true));
    add("matmul bf16", ours(DType::bf16, false));
#if defined(INFOGRAD_YARDSTICKS)
    add("cuBLAS f32", [=] { return cublas_product(n, Product::f32); });
    add("cuBLAS tf32", [=] { return cublas_product(n, Product::tf32); });
    add("cuBLAS bf16", [=] { return cublas_product(n, Product::bf16); });
#endif
  }
  return good;
}

Step as_graph(const Step& step, Device device) {
  const auto graph = std::make_shared<cuda::Graph>(step, cuda::GraphOptions{.device = device});
  for (int i = 0; i < 4; ++i) (*graph)();
  if (!device.is_cpu() && !graph->captured()) throw Error("the step was not captured");
  return [graph] { (*graph)(); };
}

bool steps(const Options& options) {
  bool good = true;
  for (const auto& [name, make] : gpu_step_cases())
    good = measure(name, options.graph ? "\"graph\": true, " : "\"graph\": false, ", options,
                   [&, make = make] {
                     const Step step = make(options.device);
                     return options.graph ? as_graph(step, options.device) : step;
                   }) &&
           good;
  return good;
}

int run(int argc, char** argv) {
  Options options;
  const std::string what = argc > 1 ? argv[1] : "";
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--graph") options.graph = true;
    if (argument == "--quick") options.quick = true;
    if (argument == "--only" && i + 1 < argc) options.only = argv[++i];
    if (argument == "--device" && i + 1 < argc)
      options.device = std::strcmp(argv[++i], "cpu") == 0 ? cpu : Device::cuda();
  }
  if (what == "kernels") return kernels(options) ? 0 : 1;
  if (what == "products") return products(options) ? 0 : 1;
  if (what == "steps") return steps(options) ? 0 : 1;
  fmt::print(stderr,
             "bench_cuda kernels|products|steps [--graph] [--device cpu|cuda] [--quick] [--only TEXT]\n");
  return 2;
}

}  // namespace
}  // namespace infograd::bench

int main(int argc, char** argv) {
  try {
    return infograd::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return 1;
  }
}
