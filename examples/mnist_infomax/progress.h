// One line that says where training is: rewritten in place on a terminal, a plain line now and then
// elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace infomax {

class Progress {
 public:
  Progress(bool quiet, int64_t total_steps);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Shows `text` after "epoch 2/8 step 120/468"; on a pipe at most once in ten seconds, or when `always`.
  void show(int64_t epoch, int64_t epochs, int64_t step, const std::string& text, bool always = false);
  /// A whole line that stays.
  void line(const std::string& text);

 private:
  bool quiet_, terminal_, open_ = false;
  int64_t total_steps_;
  std::chrono::steady_clock::time_point last_{};
};

/// "1 min 05 s".
std::string duration(double seconds);

}  // namespace infomax
