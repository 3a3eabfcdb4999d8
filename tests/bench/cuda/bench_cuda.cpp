// What a GPU achieves: kernels against the copy bandwidth of the driver, products against cuBLAS, training
// steps eager and as graphs. One JSON object per line; report.py makes a table of them.
//
//   bench_cuda kernels|products|steps [--graph] [--device cpu|cuda] [--quick] [--only NAME | --list]
//
// --list prints the same lines without measuring: a reader that finds no later line of a name knows that its
// run died.
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
  bool graph = false, quick = false, list = false;
  std::string only;
};

void wait(Device device) {
  if (device.is_cpu()) return;
  cuda::synchronize(device);  // our stream, and what checks have found
#if defined(INFOGRAD_YARDSTICKS)
  wait_for_device();  // the yardsticks work on another
#endif
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
  double each = 0;
  for (double warm = 0; warm < 300; warm += 5 * each) each = round(5);  // until the clocks have risen
  const int calls = std::clamp(static_cast<int>(50 / std::max(each, 1e-3)), 3, 2000);
  std::vector<double> times;
  for (int i = 0; i < 9; ++i) times.push_back(round(calls));
  std::nth_element(times.begin(), times.begin() + 4, times.end());
  return times[4];
}

/// Times `make()` and prints a line; what it throws becomes its error. Returns whether it ran.
bool measure(const std::string& name, const std::string& more, const Options& options,
             const std::function<Step()>& make) {
  if (!options.only.empty() && options.only != name) return true;
  const std::string graph = options.graph ? "true" : "false";
  if (options.list) {
    fmt::print("{{\"name\": \"{}\", \"graph\": {}, {}\"error\": \"died\"}}\n", name, graph, more);
    return true;
  }
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
    result = fmt::format(R"("ms": {:.6g})", ms);
    if (!options.graph)  // a graph's memory is no longer allocated and freed
      result += fmt::format(R"(, "memory": {})", peak - std::min(peak, before));
  } catch (const std::exception& error) {
    std::string text = error.what();
    for (char& c : text)
      if (c == '"' || c == '\\' || c == '\n') c = ' ';
    result = fmt::format(R"("error": "{}")", text);
    good = false;
  }
  fmt::print("{{\"name\": \"{}\", \"graph\": {}, {}{}}}\n", name, graph, more, result);
  std::fflush(stdout);
  return good;
}

/// A kernel on two arrays of normal numbers.
struct Kernel {
  const char* name;
  const char* family;
  double bytes;  ///< per element: arguments and results, each once
  std::function<Step(const Tensor& x, const Tensor& y)> make;
};

template <class Optimizer, class OptimizerOptions>
Step optimizer_step(const Tensor& x, const Tensor& gradient, const OptimizerOptions& options) {
  Tensor parameter = x.clone().set_requires_grad();
  parameter.set_grad(gradient);
  const auto optimizer = std::make_shared<Optimizer>(std::vector<Tensor>{parameter}, options);
  return [optimizer] { optimizer->step(); };
}

const std::vector<Kernel>& kernel_cases() {
  using In = const Tensor&;
  static const std::vector<Kernel> all {
#if defined(INFOGRAD_YARDSTICKS)
    {"copy by the driver", "yardstick", 8, [](In x, In) { return driver_copy(x); }},
#endif
        {"copy", "element-wise", 8,
         [](In x, In) -> Step { return [=, out = empty_like(x)]() mutable { copy_(out, x); }; }},
        {"add", "element-wise", 12, [](In x, In y) -> Step { return [=] { add(x, y); }; }},
        {"add a row", "element-wise", 8,
         [](In x, In) -> Step { return [=, row = select(x, 0, 0)] { add(x, row); }; }},
        {"affine", "element-wise", 8, [](In x, In) -> Step { return [=] { affine(x, 2, 1); }; }},
        {"exp", "element-wise", 8, [](In x, In) -> Step { return [=] { exp(x); }; }},
        {"tanh", "element-wise", 8, [](In x, In) -> Step { return [=] { tanh(x); }; }},
        {"gelu", "element-wise", 8, [](In x, In) -> Step { return [=] { gelu(x); }; }},
        {"where", "element-wise", 13,
         [](In x, In y) -> Step { return [=, mask = gt(x, 0.0)] { where(mask, x, y); }; }},
        {"exp, bf16", "element-wise", 4,
         [](In x, In) -> Step { return [half = x.to(DType::bf16)] { exp(half); }; }},
        {"to bf16", "element-wise", 6, [](In x, In) -> Step { return [=] { x.to(DType::bf16); }; }},
        {"transposed copy", "strided", 8,
         [](In x, In) -> Step { return [t = transpose(x)] { t.contiguous(); }; }},
        {"normal numbers", "random", 4,
         [](In x, In) -> Step {
           return [=] { rand_normal(x.shape(), 0, 1, x.dtype(), default_generator(), x.device()); };
         }},
        {"sum", "reduction", 4, [](In x, In) -> Step { return [=] { sum(x); }; }},
        {"sum of rows", "reduction", 4, [](In x, In) -> Step { return [=] { sum(x, {1}); }; }},
        {"sum of columns", "reduction", 4, [](In x, In) -> Step { return [=] { sum(x, {0}); }; }},
        {"max of rows", "reduction", 4, [](In x, In) -> Step { return [=] { max(x, {1}); }; }},
        {"logsumexp of rows", "reduction", 4, [](In x, In) -> Step { return [=] { logsumexp(x, {1}); }; }},
        {"softmax", "softmax", 8, [](In x, In) -> Step { return [=] { softmax(x, -1); }; }},
        {"log_softmax", "softmax", 8, [](In x, In) -> Step { return [=] { log_softmax(x, -1); }; }},
        {"SGD with momentum", "optimizer", 20,  // reads value, gradient, average; writes value, average
         [](In x, In y) {
           return optimizer_step<optim::SGD>(x, y, optim::SGDOptions{.lr = 1e-6, .momentum = 0.9});
         }},
        {"Adam", "optimizer", 28,  // one average more
         [](In x, In y) { return optimizer_step<optim::Adam>(x, y, optim::AdamOptions{.lr = 1e-6}); }},
  };
  return all;
}

/// On large arrays: far beyond every cache.
bool kernels(const Options& options) {
  const int64_t n = int64_t{1} << (options.quick ? 16 : 27), columns = 1024;
  const NoGrad values_only;
  const auto normal = [&] {
    return rand_normal({n / columns, columns}, 0, 1, DType::f32, default_generator(), options.device);
  };
  bool good = true;
  for (const Kernel& kernel : kernel_cases()) {
    if (options.device.is_cpu() && std::strcmp(kernel.family, "yardstick") == 0) continue;
    good = measure(kernel.name,
                   fmt::format(R"("family": "{}", "bytes": {:.0f}, )", kernel.family,
                               kernel.bytes * static_cast<double>(n)),
                   options, [&] { return kernel.make(normal(), normal()); }) &&
           good;
  }
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
    const auto operand = [&](DType dtype) {
      return rand_uniform({n, n}, -1, 1).to(dtype).to(options.device);
    };
    const auto ours = [&](DType dtype, bool tensor_float) {
      return [&operand, dtype, tensor_float]() -> Step {
        return [a = operand(dtype), b = operand(dtype), tensor_float] {
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
    if (options.device.is_cpu()) continue;
    const auto theirs = [&](DType dtype, bool tensor_float) {
      return [&operand, dtype, tensor_float] {
        return cublas_product(operand(dtype), operand(dtype), tensor_float);
      };
    };
    add("cuBLAS f32", theirs(DType::f32, false));
    add("cuBLAS tf32", theirs(DType::f32, true));
    add("cuBLAS bf16", theirs(DType::bf16, false));
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
    good = measure(name, "", options,
                   [&, make = make] {
                     const Step step = make(options.device);
                     return options.graph ? as_graph(step, options.device) : step;
                   }) &&
           good;
  return good;
}

int run(int argc, char** argv) {
  Options options;
  std::string what = argc > 1 ? argv[1] : "";
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--graph")
      options.graph = true;
    else if (argument == "--quick")
      options.quick = true;
    else if (argument == "--list")
      options.list = true;
    else if (argument == "--only" && i + 1 < argc)
      options.only = argv[++i];
    else if (argument == "--device" && i + 1 < argc)
      options.device = std::strcmp(argv[++i], "cpu") == 0 ? cpu : Device::cuda();
    else
      what.clear();  // the usage follows
  }
  if (what == "kernels") return kernels(options) ? 0 : 1;
  if (what == "products") return products(options) ? 0 : 1;
  if (what == "steps") return steps(options) ? 0 : 1;
  fmt::print(stderr,
             "bench_cuda kernels|products|steps [--graph] [--device cpu|cuda] [--quick] [--only NAME | "
             "--list]\n");
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
