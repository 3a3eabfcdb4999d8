#include "run.h"

#include <algorithm>

namespace milc {

using namespace ig;

namespace {

/// Points [n, 8] and labels [n]: 0 for y = -1, 1 for y = +1.
data::Batch draw(const BinaryGaussian& model, const Tensor& mu, int64_t n, Generator generator) {
  const Tensor labels = rand_bernoulli({n}, model.q, DType::f32, generator, mu.device());
  const Tensor noise = rand_normal({n, kDims}, 0, 1, DType::f32, generator, mu.device());
  return {.images = unsqueeze(affine(labels, 2, -1), 1) * mu + noise, .labels = labels.to(DType::i64)};
}

struct Classifier : nn::Module {
  Classifier(Network network, Generator& generator) {
    if (network == Network::mlp)
      net.add(nn::Linear(kDims, 64, {.activation = Activation::relu, .generator = &generator}));
    net.add(nn::Linear(network == Network::mlp ? 64 : kDims, 2, {.generator = &generator}));
  }
  nn::Sequential net = child("net", nn::Sequential());
};

void train(Classifier& classifier, const data::Batch& points, losses::MilcForm form, Generator generator,
           int64_t steps) {
  optim::SGD sgd(classifier.named_parameters(), {.lr = .05, .momentum = .9});
  sgd.set_schedule(optim::CosineWarmup{.warmup_steps = 0, .total_steps = steps, .min_lr = 0});
  const int64_t n = points.labels.numel(), batch = std::min<int64_t>(128, n);
  Tensor order;
  for (int64_t step = 0, at = n; step < steps; ++step, at += batch) {
    if (at + batch > n) {
      order = rand_permutation(n, generator, points.labels.device());
      at = 0;
    }
    const Tensor rows = slice(order, 0, at, at + batch);
    sgd.zero_grad();
    const Tensor logits = classifier.net(index_select(points.images, 0, rows));
    losses::milc_loss(logits, index_select(points.labels, 0, rows), {.form = form}).backward();
    sgd.step();
  }
}

Run judge(const Classifier& classifier, const data::Batch& points) {
  const NoGrad guard;
  const Tensor logits = classifier.net(points.images);
  const losses::MilcTerms terms = losses::milc_terms(logits.to(DType::f64), points.labels);
  std::vector<int64_t> confusion(4, 0);
  const auto decided = argmax(logits, 1).to_vector<int64_t>(), is = points.labels.to_vector<int64_t>();
  for (size_t i = 0; i < is.size(); ++i) ++confusion[static_cast<size_t>(2 * is[i] + decided[i])];
  return {.ce = terms.ce.item(),
          .mi = terms.mi,
          .test_error = static_cast<double>(confusion[1] + confusion[2]) / static_cast<double>(is.size()),
          .bound_certified = losses::certified_error_bound(confusion, 2)};
}

}  // namespace

Run train_and_test(const Setting& setting, uint64_t seed, const Options& options) {
  Generator root(seed);
  Generator of_mean = root.split(), of_training = root.split(), of_test = root.split(),
            of_weights = root.split(), of_order = root.split();
  const Tensor direction = rand_normal({kDims}, 0, 1, DType::f32, of_mean, options.device);
  const Tensor mu = direction * (setting.model.d / norm(direction).item());
  Classifier classifier(setting.network, of_weights);
  classifier.to(options.device);
  train(classifier, draw(setting.model, mu, setting.points, of_training), setting.form, of_order,
        options.steps);
  return judge(classifier, draw(setting.model, mu, options.test_points, of_test));
}

}  // namespace milc
