// What is compared.
#pragma once

#include <string>
#include <vector>

#include "../shared/image_losses.h"

namespace autoencoder {

/// A loss, up to a share of the epochs.
struct Stage {
  double until;
  shared::ImageLoss loss;
};

struct Objective {
  std::string name;
  std::vector<Stage> stages;
};

/// In the order of the table.
std::vector<Objective> objectives();

const shared::ImageLoss& loss_in(const Objective& objective, int64_t epoch, int64_t epochs);

}  // namespace autoencoder
