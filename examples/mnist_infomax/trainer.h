// Training with checkpoints: a run that is killed and resumed ends with the same bits as one that was not.
#pragma once

#include "images.h"
#include "model.h"
#include "options.h"

namespace infomax {

struct TrainingResult {
  int interrupted_by = 0;  ///< signal that ended training early, the checkpoint is written; 0: finished
  double seconds = 0;      ///< of training, earlier runs included
  double images_per_second = 0;
};

/// Trains `model`, writing metrics.jsonl and checkpoint.safetensors to options.out.
TrainingResult train(const Model& model, const Images& images, const Options& options);

}  // namespace infomax
