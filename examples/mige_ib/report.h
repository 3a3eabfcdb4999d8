// Table and pictures of a comparison.
#pragma once

#include <string>
#include <vector>

#include "run.h"

namespace mige_ib {

/// One row for each method, beta and batch: means over seeds, Markdown.
std::string table_of(const std::vector<Run>& runs);
/// One line for each run and epoch.
std::string csv_of(const std::vector<Run>& runs);
/// 12-sample error, mean over seeds: against beta where there are several, else against the epoch. Without a
/// penalty, dashed. `data` is named in the title.
void draw_errors(const std::vector<Run>& runs, const std::vector<double>& betas, const std::string& data,
                 const std::string& path);
/// The means of the test images in the plane, coloured by digit; the run has two units.
void draw_latent(const Run& run, const Tensor& labels, const std::string& path);

}  // namespace mige_ib
