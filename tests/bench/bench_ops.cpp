// Every row of op_cases.h: the value alone, and with the gradients of its inputs.
#include "tests/bench/runner.h"
#include "tests/op_cases.h"

namespace {

using infograd::testing::BenchStep;
using infograd::testing::OpCase;
using infograd::testing::Pass;

// Google Benchmark calls a body several times to find the number of iterations: the arguments are made once.
const BenchStep& ready(const OpCase& row) {
  static const OpCase* of = nullptr;
  static BenchStep step;
  if (of != &row) {
    of = nullptr;
    step = {};  // frees the arguments of the row before
    step = bench_step(row);
    of = &row;
  }
  return step;
}

void time_op(benchmark::State& state, const OpCase& row, Pass pass) {
  const BenchStep& step = ready(row);
  for (auto _ : state) step.run(pass);
  if (pass == Pass::forward_backward) return;
  if (step.bytes > 0)
    state.SetBytesProcessed(static_cast<int64_t>(step.bytes) * static_cast<int64_t>(state.iterations()));
  if (step.flops > 0)
    state.counters["FLOP/s"] = benchmark::Counter(step.flops, benchmark::Counter::kIsIterationInvariantRate);
}

void add_all() {
  for (const OpCase& row : infograd::testing::op_cases())
    for (const Pass pass : bench_passes(row))
      infograd::bench::add_benchmark(bench_name(row, pass),
                                     [&row, pass](benchmark::State& state) { time_op(state, row, pass); });
}

}  // namespace

int main(int argc, char** argv) {
  return infograd::bench::run_benchmarks(argc, argv, add_all);
}
