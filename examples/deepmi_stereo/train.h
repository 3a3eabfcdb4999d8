// One network: how it is trained, and how well it sees.
#pragma once

#include <functional>
#include <string>

#include "../shared/run_journal.h"
#include "options.h"
#include "pairs.h"

namespace stereo {

/// 3 x 3 convolutions 6-24-24-24-1 on the left image and the right one shifted by 0 to 4 pixels.
class Matcher : public ig::nn::Module {
 public:
  explicit Matcher(ig::Generator& generator);
  /// Disparities [B, 1, 32, 64] in (0, 4).
  ig::Tensor operator()(const Pairs& pairs) const;

 private:
  ig::nn::Sequential net_;
};

/// What to minimise, given the disparities the network proposes.
struct Objective {
  std::string name;
  std::function<ig::Tensor(const Pairs& pairs, const ig::Tensor& proposed)> loss;
};
/// A loss between the left image and the right one, warped; nothing else, no smoothness.
Objective photometric(const shared::ImageLoss& loss);
/// Mean |proposed - disparity|: the ceiling.
Objective supervised();
/// The seven losses, L1 with SSIM, and the ceiling.
std::vector<Objective> objectives();

struct Run {
  double end_point_error = 0;            ///< mean |proposed - disparity| of the test pairs, pixels
  double bad = 0;                        ///< share of pixels off by more than 1
  double seconds = 0;                    ///< of a processor
  double first_loss = 0, last_loss = 0;  ///< of training
  ig::Tensor proposed{};                 ///< of the first test pairs, on the host
};
inline constexpr int64_t kShown = 4;
shared::Numbers to_numbers(const Run& run);
void from_numbers(const shared::Numbers& numbers, Run& run);
/// Errors of the proposed disparities.
Run judge(const ig::Tensor& proposed, const Pairs& test);
/// Weights and training pairs depend on the seed alone, not on the objective.
Run train_and_test(const Objective& objective, shared::IntensityMap map, uint64_t seed, double lr_scale,
                   const Options& options);
/// The same for every seed.
Pairs test_pairs(shared::IntensityMap map, const Options& options);

}  // namespace stereo
