// E2: photographs, more filters than dimensions.
#include <fmt/core.h>

#include "fit.h"
#include "overcomplete.h"

namespace npi {

using namespace ig;

Overcomplete overcomplete(const Session& session) {
  const Options& options = session.options();
  const auto width = options.pick<int64_t>(8, 12, 12), samples = options.pick<int64_t>(2000, 10000, 100000);
  return {.patches = data::load_natural_patches(session.photographs(), width, samples, options.seed),
          .width = width,
          .options = {.n_filters = options.pick<int64_t>(64, 256, 1024),
                      .k0 = options.pick<int64_t>(30, 82, 82),
                      .t0 = options.pick(5, 20, 50),
                      .t_max = options.pick(12, 60, 100),
                      .device = options.device,
                      .seed = options.seed,
                      .trace_every = options.pick(4, 10, 10)}};
}

void e2_overcomplete(Session& session) {
  const Overcomplete setting = overcomplete(session);
  const int64_t pixels = setting.width * setting.width;
  session.begin(
      fmt::format("E2: photographs, {} filters of K0 = {} dimensions of {} x {} pixels, {} patches, seed {}",
                  setting.options.n_filters, setting.options.k0, setting.width, setting.width,
                  setting.patches.size(1), session.options().seed));
  const losses::NpiResult result = losses::Npi(setting.options).fit(setting.patches);
  const auto prefiltered =
      data::random_patches(data::olshausen_prefilter(data::load_grey_images(session.photographs())),
                           setting.width, setting.patches.size(1), session.options().seed);
  session.table("e2", table_of({fit_of("Algorithm 2", result)}));
  session.note(fmt::format(
      "K0 = {} was asked for and used; the rule with eps = 0.98 gives {} of {} on these patches and "
      "{} behind Olshausen's filter.",
      result.k0, losses::fit_whitener(setting.patches).k0, pixels, losses::fit_whitener(prefiltered).k0));
  draw_filters(session.path("npi_filters_overcomplete.png"), result.display);
}

}  // namespace npi
