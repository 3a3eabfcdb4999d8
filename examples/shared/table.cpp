#include "table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/core.h>

namespace shared {

Mean mean_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double x : values) sum += x;
  const double mean = sum / n;
  for (const double x : values) squares += (x - mean) * (x - mean);
  return {mean, n > 1 ? std::sqrt(squares / (n - 1) / n) : std::numeric_limits<double>::quiet_NaN()};
}

std::string to_string(const Mean& mean, int digits) {
  const std::string value = fmt::format("{:.{}f}", mean.mean, digits);
  return std::isfinite(mean.se) ? fmt::format("{} +- {:.{}f}", value, mean.se, digits) : value;
}

std::string Table::markdown() const {
  std::vector<size_t> width(rows_.front().size(), 0);
  for (const auto& row : rows_)
    for (size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  std::string text;
  for (const auto& row : rows_) {
    text += "|";
    for (size_t i = 0; i < row.size(); ++i) text += fmt::format(" {:<{}} |", row[i], width[i]);
    text += "\n";
    if (&row != &rows_.front()) continue;
    text += "|";
    for (const size_t w : width) text += std::string(w + 2, '-') + "|";
    text += "\n";
  }
  return text;
}

std::string Table::csv() const {
  std::string text;
  for (const auto& row : rows_)
    for (size_t i = 0; i < row.size(); ++i) text += row[i] + (i + 1 < row.size() ? "," : "\n");
  return text;
}

}  // namespace shared
