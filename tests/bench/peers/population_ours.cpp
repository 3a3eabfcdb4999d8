// The infograd half of the comparison of population infomax: fits on patches of photographs, and the same
// whitened patches and start for the other half. population.py runs it.
//
//   peer_population FOLDER_OF_PHOTOGRAPHS OUT SAMPLES EPOCHS T0 THREADS
//
// Writes x_hat.npy, c0.npy and, per method, METHOD.csv: epoch,evaluations,objective,cfe, and on stdout a line
// "METHOD wall processor" of the seconds of the fit, measured without its trace.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>

#include <infograd/infograd.h>

namespace {

using namespace infograd;

using History = std::vector<losses::NpiEpoch>;

/// fit(trace_every) is run without a trace for its times, and with one, of every fifth epoch, for what it
/// reaches.
template <class Fit>
void measure(const std::string& out, const std::string& name, const Fit& fit) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t processor = std::clock();
  fit(0);
  const double used = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%s %.17g %.17g\n", name.c_str(), wall, used);
  std::ofstream file(out + "/" + name + ".csv");
  file.precision(17);
  file << "epoch,evaluations,objective,cfe\n";
  for (const losses::NpiEpoch& e : fit(5))
    file << e.epoch << ',' << e.evaluations << ',' << e.objective << ',' << e.cfe << '\n';
}

void run(char** argv) {
  const std::string out = argv[2];
  const int64_t samples = std::stoll(argv[3]);
  set_num_threads(std::stoi(argv[6]));
  const Tensor patches = data::load_natural_patches(argv[1], 12, samples, 0);
  const Tensor x_hat =
      losses::fit_whitener(patches, {.eps = 1, .kind = losses::NpiWhitening::zca}).whiten(patches);
  Generator generator(0);
  const Tensor start = losses::gs_rows(rand_normal({144, 144}, 0, 1, DType::f64, generator));
  data::save_npy(out + "/x_hat.npy", x_hat);
  data::save_npy(out + "/c0.npy", start);
  const auto npi = [&](DType dtype) {
    return [&, dtype](int trace_every) -> History {
      return losses::Npi({.t0 = std::stoi(argv[5]),
                          .t_max = std::stoi(argv[4]),
                          .dtype = dtype,
                          .initial_c = start,
                          .trace_every = trace_every})
          .fit_whitened(x_hat)
          .history;
    };
  };
  measure(out, "double", npi(DType::f64));
  measure(out, "single", npi(DType::f32));
  measure(out, "fast_ica", [&](int trace_every) -> History {
    return losses::fast_ica(x_hat, {.initial_c = start, .trace_every = trace_every}).history;
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  try {
    run(argv);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "peer_population: %s\n", error.what());
    return 1;
  }
}
