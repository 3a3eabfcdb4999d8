// Results as tables: means with their standard errors, in Markdown and CSV.
#pragma once

#include <string>
#include <vector>

namespace shared {

struct Mean {
  double mean = 0;
  double se = 0;  ///< sd (n - 1) / sqrt(n); NaN for one value
};
Mean mean_of(const std::vector<double>& values);
/// "12.34 +- 0.05", with `digits` after the point; without "+-" where there is no se.
std::string to_string(const Mean& mean, int digits);

/// Rows of cells under a header.
class Table {
 public:
  explicit Table(std::vector<std::string> columns) : rows_{std::move(columns)} {}
  /// As many cells as columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Columns padded to one width: a table on a terminal, too.
  std::string markdown() const;
  std::string csv() const;

 private:
  std::vector<std::vector<std::string>> rows_;  ///< the header first
};

}  // namespace shared
