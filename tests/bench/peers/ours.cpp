// The infograd half of the peer comparison. A server: each line on stdin, "CASE|STEPS", runs that many steps
// of a case and answers with the median milliseconds of one step. peers.py runs the same cases in PyTorch,
// taking turns.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <infograd/infograd.h>

#include "tests/bench/steps.h"

namespace ig = infograd;

namespace {

/// VmHWM; unlike ru_maxrss it does not remember the process that started this one.
int64_t resident_peak() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      int64_t kib = 0;
      status >> kib;
      return kib * 1024;
    }
  return 0;
}

double median_ms(const ig::bench::Step& step, int steps) {
  std::vector<double> times;
  for (int i = 0; i < steps; ++i) {
    const auto start = std::chrono::steady_clock::now();
    step();
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + steps / 2, times.end());
  return times[static_cast<size_t>(steps / 2)];
}

}  // namespace

int main(int argc, char** argv) {
  ig::set_num_threads(argc > 1 ? std::stoi(argv[1]) : 2);
  std::map<std::string, ig::bench::Step> ready;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "info") {
      std::cout << ig::to_string(ig::build_info()) << "." << std::endl;
      continue;
    }
    if (line == "peak") {  // bytes: resident peak of the process, then allocator peak since "reset"
      std::cout << resident_peak() << ' ' << ig::memory::stats().peak_active_bytes << std::endl;
      continue;
    }
    if (line == "reset") {
      ig::memory::reset_peak();
      std::cout << ig::memory::stats().active_bytes << std::endl;
      continue;
    }
    if (line == "system allocations") {
      std::cout << ig::memory::stats().system_allocations << std::endl;
      continue;
    }
    const size_t cut = line.rfind('|');
    const std::string name = line.substr(0, cut);
    const auto found = ig::bench::step_cases().find(name);
    if (found == ig::bench::step_cases().end()) {
      std::cout << "unknown case " << name << std::endl;
      continue;
    }
    auto& step = ready[name];
    if (!step) step = found->second(ig::cpu);
    std::cout << median_ms(step, std::stoi(line.substr(cut + 1))) << std::endl;
  }
}
