// What the benchmark programs share: their command line, and an exit status that tells of failures.
#pragma once

#include <functional>
#include <string>

#include <benchmark/benchmark.h>

namespace infograd::bench {

/// The body of `main`. Beside the options of Google Benchmark: --backend=reference|cpu, --threads=N and
/// --check (each benchmark once). `add_all` registers benchmarks once options are known.
int run_benchmarks(int argc, char** argv, const std::function<void()>& add_all = {});

/// Registers a benchmark in wall-clock time. What `body` throws becomes its error, and exit status 1.
void add_benchmark(const std::string& name, std::function<void(benchmark::State&)> body);

}  // namespace infograd::bench
