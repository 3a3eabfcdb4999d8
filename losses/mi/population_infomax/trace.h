// Private: CFE and CDE along a fit, and a clock that stands still meanwhile.
#pragma once

#include <chrono>

#include <infograd/core/check.h>
#include <infograd/losses/mi/population_infomax/history.h>
#include <infograd/losses/mi/population_infomax/measures.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {

class NpiTrace {
 public:
  /// ValueError, naming `op`, for options that make no trace.
  static void check_options(const char* op, int every, int64_t samples) {
    check<ValueError>(every >= 0,
                      "{}: trace_every = {} is negative; it counts epochs between measurements, 0: none", op,
                      every);
    check<ValueError>(samples >= 10,
                      "{}: trace_samples = {} is below 10: CFE is measured on that many samples, CDE on a "
                      "tenth of them; a number above what there is means all",
                      op, samples);
  }
  /// Every `every` epochs (0: never), on the first `samples` columns of x_hat.
  NpiTrace(const Tensor& x_hat, int every, int64_t samples) : every_(every) {
    if (every == 0) return;
    cfe_samples_ = slice(x_hat, 1, 0, samples).to(cpu).to(DType::f64).contiguous();
    cde_samples_ = slice(cfe_samples_, 1, 0, std::max<int64_t>(samples / 10, 1)).contiguous();
  }
  /// Fills seconds and, when it is time or `last`, the measures of c.
  void measure(NpiEpoch& entry, const Tensor& c, double a, bool last = false) {
    const auto now = Clock::now();
    entry.seconds = std::chrono::duration<double>(now - start_ - paused_).count();
    if (every_ == 0 || (entry.epoch % every_ != 0 && !last)) return;
    entry.cfe = npi_cfe(c, cfe_samples_);
    entry.cde = npi_cde(c, cde_samples_, entry.beta, a);
    paused_ += Clock::now() - now;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
  Clock::duration paused_{};
  int every_;
  Tensor cfe_samples_, cde_samples_;
};

}  // namespace infograd::losses
