// One training run and what it is worth.
#pragma once

#include <infograd/infograd.h>

#include "../shared/run_journal.h"
#include "objectives.h"
#include "options.h"

namespace autoencoder {

namespace ig = infograd;

/// Images f32 [N, 1, 28, 28] in [0, 1].
struct Images {
  ig::Tensor train, test;
  std::string source;
};
/// The first training images, as many as asked for, and the first 1000 test images.
Images load_images(const Options& options);

/// Of the test images, after the last step.
struct Run {
  double mae = 0, psnr = 0, ssim = 0;      ///< psnr in dB: mean over images of -10 log10 MSE, at most 99
  double lmi = 0, rajski = 0;              ///< fuzzy histograms of 11 bins
  double seconds = 0;                      ///< processor time of training
  double loss_before = 0, loss_after = 0;  ///< the loss of the last epoch, before and after training
  ig::Tensor some;                         ///< reconstructions of the first test images, on the host
};
inline constexpr int64_t kShown = 16;
shared::Numbers to_numbers(const Run& run);
void from_numbers(const shared::Numbers& numbers, Run& run);

/// 784-128-32-128-784, ReLU, sigmoid output with bias -2 at the start, Adam, batches of 64.
Run train_and_test(const Images& images, const Objective& objective, double rate, uint64_t seed,
                   const Options& options);

}  // namespace autoencoder
