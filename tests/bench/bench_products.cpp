// Matrix products, convolutions, pooling and batch norm at the shapes of the peer comparison: a
// 784-1024-1024-10 perceptron and a 32-64 channel image classifier, batch 256. Arguments are initialised:
// untouched pages read faster than real data.

#include <infograd/backends/registry.h>
#include <infograd/core/philox.h>
#include <infograd/core/tensor.h>

#include "tests/bench/runner.h"

namespace infograd {
namespace {

Tensor noise(const Shape& shape, DType dtype = DType::f32) {
  const Tensor x = empty(shape, dtype);
  backend_for(cpu).random({.kind = RandomKind::uniform, .out = View(x), .a = -1, .b = 1, .key = {1, 0, 0}});
  return x;
}

Tensor image_noise(const Shape& s) {
  const Tensor flat = noise(s);
  return make_view(flat, s, {s[1] * s[2] * s[3], 1, s[3] * s[1], s[1]}, 0);
}

ConstView swapped(const Tensor& x) {
  return {x.raw_data(), x.dtype(), {x.shape()[1], x.shape()[0]}, {x.strides()[1], x.strides()[0]}};
}

// Operands stored as they are multiplied (N) or transposed (T).
void gemm(benchmark::State& state, bool transpose_a, bool transpose_b, Precision precision = Precision::f32) {
  const int64_t m = state.range(0), n = state.range(1), k = state.range(2);
  const Tensor a = transpose_a ? noise({k, m}) : noise({m, k}),
               b = transpose_b ? noise({n, k}) : noise({k, n});
  const Tensor bias = noise({n}), out = noise({m, n});
  const GemmArgs args{.out = View(out),
                      .a = transpose_a ? swapped(a) : ConstView(a),
                      .b = transpose_b ? swapped(b) : ConstView(b),
                      .bias = ConstView(bias),
                      .activation = Activation::relu,
                      .precision = precision};
  for (auto _ : state) backend_for(cpu).gemm(args);
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(m * n * k),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}
void shapes(benchmark::internal::Benchmark* b) {
  for (const auto& s : std::initializer_list<std::vector<int64_t>>{{64, 64, 2},
                                                                   {64, 64, 64},
                                                                   {64, 1, 64},
                                                                   {256, 1024, 784},
                                                                   {256, 1024, 1024},
                                                                   {256, 10, 1024},
                                                                   {1024, 784, 256},
                                                                   {1024, 1024, 256},
                                                                   {256, 10, 3136}})
    b->Args(s);
  b->UseRealTime();
}
BENCHMARK_CAPTURE(gemm, NN, false, false)->Apply(shapes);
BENCHMARK_CAPTURE(gemm, NT, false, true)->Apply(shapes);
BENCHMARK_CAPTURE(gemm, TN, true, false)->Apply(shapes);
BENCHMARK_CAPTURE(gemm, NT_bf16, false, true, Precision::bf16)->Apply(shapes);

// Arguments: batch, channels in, channels out, image size; 3x3 kernel, padding 1.
void conv(benchmark::State& state, ConvPass pass, Precision precision = Precision::f32) {
  const int64_t batch = state.range(0), in = state.range(1), out = state.range(2), size = state.range(3);
  const Tensor x = image_noise({batch, in, size, size}), y = image_noise({batch, out, size, size});
  const Tensor w = noise({out, in, 3, 3}), bias = noise({out});
  const ConvArgs args{.pass = pass,
                      .x = View(x),
                      .w = View(w),
                      .bias = View(bias),
                      .y = View(y),
                      .pad_begin = {1, 1},
                      .pad_end = {1, 1},
                      .precision = precision};
  for (auto _ : state) backend_for(cpu).conv(args);
}
void layers(benchmark::internal::Benchmark* b) {
  b->Args({256, 1, 32, 28})->Args({256, 32, 64, 14})->Args({256, 3, 64, 32})->Args({64, 64, 128, 16});
  b->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK_CAPTURE(conv, forward, ConvPass::forward)->Apply(layers);
BENCHMARK_CAPTURE(conv, data_grad, ConvPass::data_grad)->Apply(layers);
BENCHMARK_CAPTURE(conv, weight_grad, ConvPass::weight_grad)->Apply(layers);
BENCHMARK_CAPTURE(conv, forward_bf16, ConvPass::forward, Precision::bf16)->Apply(layers);

// Arguments: batch, channels, image size; 2x2 windows.
void pool(benchmark::State& state, PoolKind kind, bool backward) {
  const int64_t batch = state.range(0), channels = state.range(1), size = state.range(2);
  const Tensor x = image_noise({batch, channels, size, size}),
               y = image_noise({batch, channels, size / 2, size / 2});
  const Tensor cells = empty({batch, size / 2, size / 2, channels}, DType::u8);
  backend_for(cpu).fill(View(cells), 1);
  const View index(cells.raw_data(), DType::u8, y.shape(), y.strides());
  const PoolArgs args{.kind = kind,
                      .backward = backward,
                      .x = View(x),
                      .y = View(y),
                      .index = kind == PoolKind::max ? index : View()};
  for (auto _ : state) backend_for(cpu).pool(args);
}
void images(benchmark::internal::Benchmark* b) {
  b->Args({256, 32, 28})->Args({256, 64, 14})->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK_CAPTURE(pool, max_forward, PoolKind::max, false)->Apply(images);
BENCHMARK_CAPTURE(pool, max_backward, PoolKind::max, true)->Apply(images);
BENCHMARK_CAPTURE(pool, avg_forward, PoolKind::avg_exclude_pad, false)->Apply(images);
BENCHMARK_CAPTURE(pool, avg_backward, PoolKind::avg_exclude_pad, true)->Apply(images);

void batch_norm(benchmark::State& state) {
  const int64_t batch = state.range(0), channels = state.range(1), size = state.range(2);
  const Tensor x = image_noise({batch, channels, size, size}), y = image_noise(x.shape());
  const Tensor weight = noise({channels}), bias = noise({channels}), mean = noise({channels}),
               rstd = noise({channels});
  for (auto _ : state)
    backend_for(cpu).batch_norm({.x = ConstView(x),
                                 .weight = ConstView(weight),
                                 .bias = ConstView(bias),
                                 .y = View(y),
                                 .running_mean = {},
                                 .running_var = {},
                                 .save_mean = View(mean),
                                 .save_rstd = View(rstd),
                                 .activation = Activation::relu});
}
BENCHMARK(batch_norm)->Apply(images);

void batch_norm_grad(benchmark::State& state) {
  const int64_t batch = state.range(0), channels = state.range(1), size = state.range(2);
  const Tensor x = image_noise({batch, channels, size, size}), y = image_noise(x.shape()),
               dx = image_noise(x.shape());
  const Tensor weight = noise({channels}), mean = noise({channels}), rstd = noise({channels});
  const Tensor dweight = noise({channels}), dbias = noise({channels});
  for (auto _ : state)
    backend_for(cpu).batch_norm_grad({.dy = ConstView(y),
                                      .x = ConstView(x),
                                      .y = ConstView(y),
                                      .weight = ConstView(weight),
                                      .save_mean = ConstView(mean),
                                      .save_rstd = ConstView(rstd),
                                      .dx = View(dx),
                                      .dweight = View(dweight),
                                      .dbias = View(dbias),
                                      .activation = Activation::relu});
}
BENCHMARK(batch_norm_grad)->Apply(images);

}  // namespace
}  // namespace infograd

int main(int argc, char** argv) {
  return infograd::bench::run_benchmarks(argc, argv);
}
