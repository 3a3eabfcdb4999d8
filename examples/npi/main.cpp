// Neural population infomax: experiments E1 to E7, each in a file of its own.
#include <algorithm>

#include <fmt/core.h>

#include "../shared/run_program.h"
#include "session.h"

namespace {

using namespace npi;

struct Experiment {
  const char* name;
  void (*run)(Session&);
};
constexpr Experiment kExperiments[] = {{"E1", e1_complete}, {"E2", e2_overcomplete}, {"E3", e3_mnist},
                                       {"E4", e4_steps},    {"E5", e5_denoising},    {"E6", e6_sources},
                                       {"E7", e7_encoder}};

bool wanted(const Options& options, const char* name) {
  return options.only.empty() ||
         std::find(options.only.begin(), options.only.end(), name) != options.only.end();
}

int program(const Options& options) {
  Session session(options);
  for (const auto& [name, run] : kExperiments) {
    if (!wanted(options, name)) continue;
    try {
      run(session);
    } catch (const Skipped& skipped) {
      session.skip(name, skipped.reason);
    }
  }
  fmt::print("\n{}\nwritten to {}\n", session.finish(), options.out);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const npi::Options options = npi::parse(argc, argv);
  return shared::run_program("npi", [&] { return program(options); });
}
