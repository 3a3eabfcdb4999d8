#include "metrics.h"

#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <infograd/core/error.h>

#include "../shared/replace_file.h"

namespace infomax {

std::string json_number(double value) {
  return std::isfinite(value) ? fmt::format("{:.9g}", value) : "null";
}

MetricsLog::MetricsLog(const std::string& path, int64_t resume_step) : path_(path) {
  std::string kept;
  if (resume_step > 0) {
    std::ifstream before(path);
    for (std::string text; std::getline(before, text);) {
      const auto entry = nlohmann::json::parse(text, nullptr, false);  // a killed run may leave half a line
      if (!entry.is_object() || entry.value("step", int64_t{0}) > resume_step) continue;
      seconds_before_ = entry.value("seconds", 0.0);
      steps_before_ = entry.value("step", int64_t{0});
      kept += text + '\n';
    }
  }
  shared::replace_file(path, kept);
  file_.open(path, std::ios::app);
}

void MetricsLog::write(int64_t epoch, int64_t step, double loss, const infograd::losses::Estimate& estimate,
                       double lr, double images_per_second, double seconds) {
  file_
      << fmt::format(
             R"({{"epoch":{},"step":{},"loss":{},"mi_nats":{},"mi_kind":"{}","mi_cap":{},"mi_std_error":{},"flags":"{}","lr":{},"images_per_second":{},"seconds":{}}})",
             epoch, step, json_number(loss), json_number(estimate.nats),
             infograd::losses::to_string(estimate.kind), json_number(estimate.cap),
             json_number(estimate.std_error), infograd::losses::flag_names(estimate.flags), json_number(lr),
             json_number(images_per_second), json_number(seconds))
      << std::endl;
  if (!file_) throw infograd::IoError("cannot write " + path_);
}

}  // namespace infomax
