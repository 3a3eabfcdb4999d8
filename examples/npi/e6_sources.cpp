// E6: Laplace sources behind a random mixture; the Amari index says how well they are separated.
#include <cmath>

#include <fmt/core.h>

#include "session.h"

namespace npi {

using namespace ig;

namespace {

Tensor laplace(const Shape& shape, Generator& generator) {
  const Tensor u = rand_uniform(shape, -0.5, 0.5, DType::f64, generator);
  return sign(u) * log(1 - 2 * abs(u)) * -std::sqrt(0.5);
}

std::vector<std::string> separate(int64_t n, const Options& options) {
  Generator generator(options.seed + static_cast<uint64_t>(n));
  const Tensor mixing = rand_normal({n, n}, 0, 1, DType::f64, generator);
  const Tensor mixed = matmul(mixing, laplace({n, options.pick<int64_t>(4000, 10000, 10000)}, generator));
  const losses::Whitener whitener =
      losses::fit_whitener(mixed, {.eps = 1, .kind = losses::NpiWhitening::zca});
  const Tensor x_hat = whitener.whiten(mixed),
               whitened = matmul(transpose(whitener.scaled_basis(-0.5)), mixing);
  const Tensor start = losses::gs_rows(rand_normal({n, n}, 0, 1, DType::f64, generator));
  losses::NpiOptions npi{.t0 = options.pick(10, 50, 50),
                         .t_max = options.pick(30, 150, 150),
                         .device = options.device,
                         .initial_c = start};
  const Tensor one = losses::Npi(npi).fit_whitened(x_hat).c;
  npi.algorithm = losses::NpiAlgorithm::overcomplete;
  const Tensor two = losses::Npi(npi).fit_whitened(x_hat).c;
  const Tensor ica =
      losses::infomax_ica(x_hat,
                          {.epochs = options.pick(20, 300, 300), .seed = options.seed, .initial_c = start})
          .c;
  const Tensor fast = losses::fast_ica(x_hat.to(options.device), {.initial_c = start}).c;
  std::vector<std::string> row{fmt::format("{}", n)};
  for (const Tensor& c : {start, one, two, ica, fast})
    row.push_back(fmt::format("{:.4f}", losses::amari_index(matmul(transpose(c), whitened))));
  return row;
}

}  // namespace

void e6_sources(Session& session) {
  const Options& options = session.options();
  session.begin(
      fmt::format("E6: Amari index of separated Laplace sources, 0 is perfect, seed {}", options.seed));
  shared::Table table({"sources", "start", "Algorithm 1", "Algorithm 2", "infomax ICA", "FastICA"});
  std::vector<int64_t> sizes{4, 10};
  if (options.scale == Scale::full) sizes.push_back(20);
  for (const int64_t n : sizes) table.add(separate(n, options));
  session.table("e6", table);
}

}  // namespace npi
