// Tables and pictures of the comparison.
#pragma once

#include <string>
#include <vector>

#include "run.h"

namespace autoencoder {

/// All seeds of one objective at one learning rate, in the order of the seeds.
struct Cell {
  const Objective* objective;
  double rate;
  std::vector<Run> runs;
};

/// Writes table.md, table.csv (one line per cell), runs.csv (one line per run), reconstructions.png and, for
/// two rates or more, rates.png. Returns table.md. Cells are ordered by rate, the one of the table first.
std::string write_report(const std::vector<Cell>& cells, const ig::Tensor& originals,
                         const std::string& heading, const Options& options);

}  // namespace autoencoder
