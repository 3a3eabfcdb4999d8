// One fitted method, as a row of a table and as pictures.
#pragma once

#include <string>
#include <vector>

#include "session.h"

namespace npi {

struct Fit {
  std::string method;
  std::vector<ig::losses::NpiEpoch> history;
  ig::Tensor display;  ///< [K, K1]
};
Fit fit_of(const std::string& method, const ig::losses::NpiResult& result);
Fit fit_of(const std::string& method, const ig::losses::IcaResult& result);

/// method, epochs, evaluations, seconds, final objective, CFE, CDE, median participation ratio.
shared::Table table_of(const std::vector<Fit>& fits);
/// Every epoch of every fit.
shared::Table history_of(const std::vector<Fit>& fits);
double median_participation(const ig::Tensor& display);

/// The first `most` columns of filters [pixels, K1] as squares, each divided by its largest magnitude: 0 is
/// mid grey; one black pixel between them, tiles of at least 24 pixels.
void draw_filters(const std::string& path, const ig::Tensor& filters, int64_t most = 400);

/// CFE against log10 of the seconds (`name`_seconds.png) and against epochs (`name`_epochs.png).
void draw_cfe(const Session& session, const std::string& name, const std::vector<Fit>& fits);

}  // namespace npi
