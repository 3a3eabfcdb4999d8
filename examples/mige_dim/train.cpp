#include "train.h"

#include <chrono>
#include <cmath>

#include <fmt/core.h>

#include "objective.h"

namespace mige_dim {

using namespace ig;

namespace {

/// Batches without end.
class Stream {
 public:
  Stream(const Images& images, const Options& options, const Generator& generator)
      : loader_(images.train, {.batch_size = options.batch,
                               .shuffle = true,
                               .drop_last = true,
                               .prefetch = 0,
                               .generator = generator}) {
    if (loader_.batches() == 0)
      throw ValueError(fmt::format("a batch of {} does not fit into {} training images", options.batch,
                                   images.train.labels.numel()));
  }
  /// f32 in [0, 1].
  Tensor next() {
    std::optional<data::Batch> batch = loader_.next();
    if (!batch) batch = loader_.next();  // the next epoch
    return data::to_float(batch->images);
  }
  int64_t batches_per_epoch() const { return loader_.batches(); }

 private:
  data::DataLoader loader_;
};

void train(Run& run, const Encoder& encoder, Stream& stream, const Options& options, Generator& generator) {
  const std::unique_ptr<Objective> objective = make_objective(run.method, options, run.seed, generator);
  std::vector<Tensor> parameters = encoder.parameters();
  for (const Tensor& parameter : objective->parameters()) parameters.push_back(parameter);
  optim::Adam adam(parameters, {.lr = options.lr});
  const int64_t updates = options.epochs > 0 ? options.epochs * stream.batches_per_epoch() : options.updates;
  for (; run.updates < updates; ++run.updates) {
    const Tensor x = stream.next();
    adam.zero_grad();
    const Tensor loss = (*objective)(x, encoder(x));
    if (!std::isfinite(loss.item()))
      throw ValueError(fmt::format("{}, seed {}: the objective is not finite after {} updates", run.method,
                                   run.seed, run.updates));
    loss.backward();
    adam.step();
    if (const losses::MigeResult* scores = objective->scores()) {
      run.joint.push_back(scores->joint);
      run.marginal.push_back(scores->marginal_z);
    }
  }
}

/// Gives the batch norms their statistics.
void warm_up(const Encoder& encoder, Stream& stream) {
  const NoGrad no_grad;
  for (int i = 0; i < 10; ++i) encoder(stream.next());
}

}  // namespace

void train_and_probe(Run& run, const Images& images, const Options& options) {
  Generator root(run.seed);
  Generator of_weights = root.split(), of_order = root.split(), of_objective = root.split(),
            of_probe = root.split();
  Encoder encoder(images.channels(), options, of_weights);
  encoder.to(options.device);
  Stream stream(images, options, of_order);
  const auto start = std::chrono::steady_clock::now();
  if (run.method == "untrained")
    warm_up(encoder, stream);
  else
    train(run, encoder, stream, options, of_objective);
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  encoder.eval();
  run.accuracy = probe(encoder, images, options, of_probe);
}

}  // namespace mige_dim
