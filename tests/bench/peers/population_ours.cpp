// The infograd half of the comparison of population infomax: fits on patches of photographs, and the same
// whitened patches and start for the other half. population.py runs it.
//
//   peer_population FOLDER_OF_PHOTOGRAPHS OUT SAMPLES EPOCHS T0 THREADS
//
// Writes x_hat.npy, c0.npy and, per method, METHOD.csv: epoch,seconds,objective,cfe.
#include <cstdio>
#include <fstream>
#include <string>

#include <infograd/infograd.h>

namespace {

using namespace infograd;

void write_history(const std::string& path, const std::vector<losses::NpiEpoch>& history) {
  std::ofstream file(path);
  file.precision(17);
  file << "epoch,seconds,objective,cfe\n";
  for (const losses::NpiEpoch& e : history)
    file << e.epoch << ',' << e.seconds << ',' << e.objective << ',' << e.cfe << '\n';
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
  losses::NpiOptions options{.t0 = std::stoi(argv[5]),
                             .t_max = std::stoi(argv[4]),
                             .initial_c = start,
                             .trace_every = 1,
                             .trace_samples = 20000};
  write_history(out + "/double.csv", losses::Npi(options).fit_whitened(x_hat).history);
  options.dtype = DType::f32;
  write_history(out + "/single.csv", losses::Npi(options).fit_whitened(x_hat).history);
  write_history(
      out + "/fast_ica.csv",
      losses::fast_ica(x_hat, {.initial_c = start, .trace_every = 1, .trace_samples = 20000}).history);
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
