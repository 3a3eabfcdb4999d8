// E3: filters of handwritten digits.
#include <fmt/core.h>

#include "fit.h"
#include "mnist_fit.h"

namespace npi {

using namespace ig;

losses::NpiResult mnist_fit(const Session& session, const Tensor& pixels, double eps) {
  const Options& options = session.options();
  return losses::Npi({.n_filters = options.pick<int64_t>(256, 256, 1024),
                      .eps = eps,
                      .t0 = options.pick(4, 20, 50),
                      .t_max = options.pick(8, 40, 100),
                      .device = options.device,
                      .seed = options.seed,
                      .trace_every = options.pick(4, 10, 10),
                      .trace_samples = 5000})
      .fit(pixels);
}

void e3_mnist(Session& session) {
  const Options& options = session.options();
  const Tensor pixels = session.digits(data::Split::train, options.pick<int64_t>(1000, 10000, 60000)).pixels;
  const losses::NpiResult result = mnist_fit(session, pixels);
  session.begin(fmt::format("E3: MNIST, {} filters of K0 = {} dimensions, {} images, seed {}",
                            result.c.size(1), result.k0, pixels.size(1), options.seed));
  session.table("e3", table_of({fit_of("Algorithm 2", result)}));
  if (options.scale != Scale::quick)
    session.note(fmt::format("K0 by the rule with eps = 0.98 on all 60000 images: {}.",
                             losses::fit_whitener(session.digits(data::Split::train, 0).pixels).k0));
  draw_filters(session.path("npi_filters_mnist.png"), result.display);
}

}  // namespace npi
