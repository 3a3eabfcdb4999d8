// MNIST infomax: learn features without labels by maximising mutual information, then probe them.
#include <cstdio>
#include <filesystem>

#include <fmt/core.h>

#include "../shared/run_program.h"
#include "evaluation.h"
#include "images.h"
#include "model.h"
#include "options.h"
#include "progress.h"
#include "trainer.h"

namespace {

int run(infomax::Options options) {
  if (options.threads > 0) infograd::set_num_threads(options.threads);
  std::filesystem::create_directories(options.out);
  const infomax::Images images = infomax::load_images(options);
  if (options.epochs == 0) options.epochs = images.source.starts_with("synthetic") ? 3 : 10;
  infomax::Progress(options.quiet, 0)
      .line(fmt::format("data: {}, {} training and {} test images; objective {}; {} threads", images.source,
                        images.train.images.size(0), images.test.images.size(0),
                        infomax::to_string(options.objective), infograd::num_threads()));
  infograd::Generator generator(options.seed);
  infomax::Model model(generator);
  model.to(options.device);
  const infomax::TrainingResult training = infomax::train(model, images, options);
  if (training.interrupted_by != 0)
    return 128 + training.interrupted_by;  // as a shell reports it: 130 for Ctrl-C
  infomax::evaluate(model, images, options, training);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const infomax::Options options = infomax::parse(argc, argv);
  return shared::run_program("mnist_infomax", [&] { return run(options); });
}
