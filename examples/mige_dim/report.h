// Table and pictures of a comparison.
#pragma once

#include <string>
#include <vector>

#include "train.h"

namespace mige_dim {

/// One row per method: means over seeds, Markdown.
std::string table_of(const std::vector<Run>& runs);
/// One line per run.
std::string csv_of(const std::vector<Run>& runs);
/// How MIGE's scores were estimated: one line per update.
std::string trace_csv_of(const std::vector<Run>& runs);
/// Accuracy at the three layers, mean over seeds.
void draw_accuracy(const std::vector<Run>& runs, const std::string& path);
/// Stein values and shares of eigenfunctions against updates, of the first run that has them; else nothing.
void draw_trace(const std::vector<Run>& runs, int64_t batch, const std::string& path);

}  // namespace mige_dim
