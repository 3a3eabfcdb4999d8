#include "objectives.h"

namespace autoencoder {

using namespace shared;

namespace {

Objective single(std::string name, ImageLoss loss) {
  return {std::move(name), {{1, std::move(loss)}}};
}

}  // namespace

std::vector<Objective> objectives() {
  return {single("L1", l1()),
          single("L2", l2()),
          single("1-SSIM", one_minus_ssim()),
          single("-MI", neg_mi()),
          single("NMI", rajski()),
          single("A", lmi()),
          single("A N=2", lmi(2)),
          single("A min N=2", lmi_minimum(2)),
          {"A N=2-3-5", {{0.5, lmi(2)}, {0.75, lmi(3)}, {1, lmi(5)}}},
          {"L1 then A", {{0.5, l1()}, {1, lmi()}}},
          single("L1 + A", weighted_sum("L1 + A", {{1, l1()}, {1, lmi()}}))};
}

const ImageLoss& loss_in(const Objective& objective, int64_t epoch, int64_t epochs) {
  const double done = static_cast<double>(epoch) / static_cast<double>(epochs);
  for (const Stage& stage : objective.stages)
    if (done < stage.until) return stage.loss;
  return objective.stages.back().loss;
}

}  // namespace autoencoder
