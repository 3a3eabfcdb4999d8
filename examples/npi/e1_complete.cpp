// E1: photographs, as many filters as dimensions. Algorithms 1 and 2 beside two kinds of ICA, from the same
// start.
#include <fmt/core.h>

#include "fit.h"

namespace npi {

using namespace ig;

namespace {

void draw_cde(const Session& session, const std::vector<Fit>& fits) {
  std::vector<plot::Series> lines;
  for (const Fit& fit : fits) {
    plot::Series line{.name = fit.method};
    for (const losses::NpiEpoch& e : fit.history) {
      if (e.cde != e.cde) continue;
      line.x.push_back(e.epoch);
      line.y.push_back(losses::to_bits(e.cde));
    }
    lines.push_back(line);
  }
  plot::lines_png(session.path("npi_cde.png"), lines,
                  {.title = "what the responses leave out: lower is more information",
                   .x_label = "epochs",
                   .y_label = "CDE, bits"});
}

}  // namespace

void e1_complete(Session& session) {
  const Options& options = session.options();
  const auto width = options.pick<int64_t>(8, 12, 12), samples = options.pick<int64_t>(3000, 20000, 100000);
  const int epochs = options.pick(24, 80, 300), t0 = options.pick(12, 30, 50),
            ica_epochs = options.pick(5, 50, 300);
  const Tensor patches = data::load_natural_patches(session.photographs(), width, samples, options.seed);
  session.begin(fmt::format("E1: photographs, {} filters of {} x {} pixels, {} patches, seed {}",
                            width * width, width, width, samples, options.seed));

  losses::NpiOptions npi{.eps = 1,
                         .whitening = losses::NpiWhitening::zca,
                         .t0 = t0,
                         .t_max = epochs,
                         .device = options.device,
                         .seed = options.seed,
                         .trace_every = options.pick(4, 10, 10)};
  std::vector<Fit> fits;
  session.say("Algorithm 1");
  const losses::NpiResult one = losses::Npi(npi).fit(patches);
  fits.push_back(fit_of("Algorithm 1", one));
  session.say("Algorithm 2");
  npi.algorithm = losses::NpiAlgorithm::overcomplete;
  fits.push_back(fit_of("Algorithm 2", losses::Npi(npi).fit(patches)));

  const Tensor x_hat = one.whitener.whiten(patches);
  Generator generator(options.seed);
  const Tensor start =
      losses::gs_rows(rand_normal({one.k0, one.k0}, 0, 1, DType::f64, generator));  // as Npi's
  session.say("infomax ICA");
  fits.push_back(fit_of("infomax ICA", losses::infomax_ica(x_hat, {.epochs = ica_epochs,
                                                                   .seed = options.seed,
                                                                   .initial_c = start,
                                                                   .trace_every = options.pick(1, 10, 10)})));
  session.say("FastICA");
  const losses::IcaResult fast = losses::fast_ica(
      x_hat.to(options.device), {.initial_c = start, .trace_every = options.pick(4, 10, 10)});
  fits.push_back(fit_of("FastICA", fast));

  session.table("e1", table_of(fits));
  session.note(
      fmt::format("All from one start; infomax ICA with {} epochs of mini-batches of 50; FastICA {} its "
                  "tolerance of 1e-4. Median "
                  "participation at the start {:.3f}.",
                  ica_epochs, fast.converged ? "met" : "did not meet", median_participation(start)));
  session.table_file("e1_history", history_of(fits));
  const char* files[] = {"alg1", "alg2", "ica", "fastica"};
  for (size_t i = 0; i < fits.size(); ++i)
    draw_filters(session.path(fmt::format("npi_filters_{}.png", files[i])), fits[i].display);
  draw_filters(session.path("npi_bases_alg1.png"), one.bases);
  draw_cfe(session, "npi_cfe", fits);
  draw_cde(session, fits);
}

}  // namespace npi
