// One benchmark per training step, the cases of the peer comparison.
#include "tests/bench/runner.h"
#include "tests/bench/steps.h"

namespace {

void add_all() {
  for (const auto& [name, make] : infograd::bench::step_cases())
    infograd::bench::add_benchmark("step/" + name, [name = name, make = make](benchmark::State& state) {
      // Kept for all calls of this benchmark only: the models of all cases together would crowd the caches.
      static std::string ready;
      static infograd::bench::Step step;
      if (ready != name) {
        step = make(infograd::cpu);
        step();
        ready = name;
      }
      for (auto _ : state) step();
    });
}

}  // namespace

int main(int argc, char** argv) {
  return infograd::bench::run_benchmarks(argc, argv, add_all);
}
