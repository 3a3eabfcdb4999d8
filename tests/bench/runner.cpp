#include "tests/bench/runner.h"

#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include <infograd/backends/registry.h>
#include <infograd/core/parallel.h>

namespace infograd::bench {

namespace {

int failures = 0;
constexpr int kNothingMatched = 2;

const char* const kHelp =
    "Options of infograd's benchmarks, before those of Google Benchmark:\n"
    "  --backend=reference|cpu   which backend runs; by default the fast one\n"
    "  --threads=N               by default all processors\n"
    "  --check                   each benchmark once: exit status 1 where one cannot run\n\n";

// The text after "--name=", if `argument` is that option.
std::optional<std::string> value_of(const char* argument, const std::string& name) {
  const std::string option = "--" + name + "=";
  if (std::strncmp(argument, option.c_str(), option.size()) != 0) return {};
  return argument + option.size();
}

}  // namespace

void add_benchmark(const std::string& name, std::function<void(benchmark::State&)> body) {
  benchmark::RegisterBenchmark(name.c_str(), [body = std::move(body)](benchmark::State& state) {
    try {
      body(state);
    } catch (const std::exception& error) {
      ++failures;
      state.SkipWithError(error.what());
    }
  })->UseRealTime();
}

int run_benchmarks(int argc, char** argv, const std::function<void()>& add_all) {
  std::string backend = "cpu";
  static char one_iteration[] = "--benchmark_min_time=0";
  std::vector<char*> rest;
  for (int i = 0; i < argc; ++i) {
    if (const auto name = value_of(argv[i], "backend"))
      backend = *name;
    else if (const auto threads = value_of(argv[i], "threads"))
      set_num_threads(std::stoi(*threads));
    else if (std::strcmp(argv[i], "--check") == 0)
      rest.push_back(one_iteration);
    else
      rest.push_back(argv[i]);
    if (std::strcmp(argv[i], "--help") == 0) std::fputs(kHelp, stdout);
  }
  try {
    const BackendScope scope(backend);
    int count = static_cast<int>(rest.size());
    rest.push_back(nullptr);
    benchmark::Initialize(&count, rest.data());
    if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 1;
    benchmark::AddCustomContext("backend", backend);
    benchmark::AddCustomContext("threads", std::to_string(num_threads()));
    if (add_all) add_all();
    const bool any = benchmark::RunSpecifiedBenchmarks() > 0;
    benchmark::Shutdown();
    if (!any) return kNothingMatched;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return 1;
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace infograd::bench
