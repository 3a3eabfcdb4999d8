// Tables and the picture of a comparison.
#pragma once

#include <string>
#include <vector>

#include "run.h"

namespace milc {

/// All seeds of one method on one training set, in the order of the seeds.
struct Cell {
  const TrainingSet* set;
  const Method* method;
  std::vector<Run> runs;
};

/// Writes table.md, table.csv (one line per cell), runs.csv (one line per run) and, for two sizes or more,
/// error.png to `out`. Returns table.md. Cells are ordered by training set, cross-entropy first in each.
std::string write_report(const std::vector<Cell>& cells, const std::string& heading, const std::string& out);

}  // namespace milc
