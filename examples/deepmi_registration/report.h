// Tables and pictures of the study.
#pragma once

#include <string>
#include <vector>

#include "basin.h"
#include "study.h"

namespace registration {

struct Report {
  std::vector<Cell> comparison, ablation;
  std::vector<Basin> basins;
};

/// Writes table.md, results.csv (one line per cell), errors.csv (one line per scene), ablation.csv,
/// shift_profile.csv, basin.csv and the pictures to `out`. Returns table.md.
std::string write_report(const Report& report, const std::string& heading, const std::string& out);

}  // namespace registration
