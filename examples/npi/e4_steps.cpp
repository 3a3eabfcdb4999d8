// E4: the first step size hardly matters.
#include <fmt/core.h>

#include "fit.h"
#include "overcomplete.h"

namespace npi {

using namespace ig;

void e4_steps(Session& session) {
  Overcomplete setting = overcomplete(session);
  session.begin(fmt::format("E4: the fit of E2 with four first steps v1, seed {}", session.options().seed));
  std::vector<Fit> fits;
  shared::Table table({"v1", "final objective", "CFE bits", "evaluations", "seconds", "final v"});
  for (const double v1 : {.2, .4, .6, .8}) {
    session.say(fmt::format("v1 = {}", v1));
    setting.options.v1 = v1;
    const losses::NpiResult result = losses::Npi(setting.options).fit(setting.patches);
    const losses::NpiEpoch& last = result.history.back();
    table.add({fmt::format("{}", v1), fmt::format("{:.6f}", last.objective), fmt::format("{:.4f}", last.cfe),
               fmt::format("{}", last.evaluations), fmt::format("{:.2f}", last.seconds),
               fmt::format("{:.4g}", last.v)});
    fits.push_back(fit_of(fmt::format("v1 = {}", v1), result));
  }
  session.table("e4", table);
  draw_cfe(session, "npi_steps", fits);
}

}  // namespace npi
