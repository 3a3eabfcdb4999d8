// The text files of a run. metrics.jsonl: one JSON object per line, appended while training, cut back to the
// checkpoint on resume.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include <infograd/losses/report.h>

namespace infomax {

class MetricsLog {
 public:
  /// Starts anew, or keeps the lines up to `resume_step`. Throws IoError when it cannot write.
  MetricsLog(const std::string& path, int64_t resume_step);
  void write(int64_t epoch, int64_t step, double loss, const infograd::losses::Estimate& estimate, double lr,
             double images_per_second, double seconds);
  /// Training time recorded by earlier, interrupted runs, and the steps done in it.
  double seconds_before() const { return seconds_before_; }
  int64_t steps_before() const { return steps_before_; }

 private:
  std::string path_;
  std::ofstream file_;
  double seconds_before_ = 0;
  int64_t steps_before_ = 0;
};

/// A finite number, or null: JSON has no infinity.
std::string json_number(double value);

}  // namespace infomax
