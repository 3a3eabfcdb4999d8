// What the frozen encoder is worth: probes, a held-out estimate, pictures, summary.json.
#pragma once

#include "images.h"
#include "model.h"
#include "options.h"
#include "trainer.h"

namespace infomax {

/// Evaluates, prints the final table, writes summary.json, embedding.png and views.png to options.out.
void evaluate(const Model& model, const Images& images, const Options& options,
              const TrainingResult& training);

}  // namespace infomax
