#include "run.h"

#include <algorithm>
#include <cmath>

namespace milc {

using namespace ig;

namespace {

constexpr double Run::*kNumbers[] = {
    &Run::test_error,      &Run::train_error,   &Run::ce,   &Run::hm, &Run::h_labels, &Run::mi,
    &Run::bound_certified, &Run::bound_plug_in, &Run::force};

/// Weights and biases start as U(+-1/sqrt(fan_in)), the default of Linear.
struct Mlp : nn::Module {
  explicit Mlp(Generator& generator)
      : first(
            child("first", nn::Linear(784, 256, {.activation = Activation::relu, .generator = &generator}))),
        second(
            child("second", nn::Linear(256, 128, {.activation = Activation::relu, .generator = &generator}))),
        last(child("last", nn::Linear(128, kClasses, {.generator = &generator}))) {}
  nn::Linear first, second, last;
  Tensor operator()(const Tensor& x) const { return last(second(first(x))); }
};

/// Batches of a subset: every epoch a new order, a last incomplete batch is left out. Images are gathered
/// from the whole training set, so that the subset itself is never copied.
class Batches {
 public:
  Batches(const Digits& digits, Tensor subset, Generator generator)
      : digits_(digits),
        subset_(std::move(subset)),
        generator_(generator),
        batch_(std::min<int64_t>(128, subset_.numel())),
        at_(subset_.numel()) {}

  data::Batch next() {
    if (at_ + batch_ > subset_.numel()) {
      order_ = index_select(subset_, 0, rand_permutation(subset_.numel(), generator_, subset_.device()));
      at_ = 0;
    }
    const Tensor indices = slice(order_, 0, at_, at_ + batch_);
    at_ += batch_;
    return {.images = index_select(digits_.train_images, 0, indices),
            .labels = index_select(digits_.train_labels, 0, indices)};
  }

 private:
  const Digits& digits_;
  Tensor subset_, order_;
  Generator generator_;
  int64_t batch_, at_;
};

double force_of_the_marginal(const Tensor& logits, const Tensor& labels) {
  const Tensor z = logits.detach().clone().set_requires_grad();
  const losses::MilcTerms terms = losses::milc_terms(z, labels);
  const double on_marginal = norm(grad(terms.h_marginal, {z}, false, true)[0]).item();
  return on_marginal / norm(grad(terms.ce, {z})[0]).item();
}

double error_rate(const Tensor& logits, const Tensor& labels) {
  return mean(ne(argmax(logits, 1), labels).to(DType::f64)).item();
}

/// Of images named by `rows`, in pieces.
Tensor logits_of(const Mlp& net, const Tensor& images, const Tensor& rows) {
  std::vector<Tensor> parts;
  for (int64_t begin = 0; begin < rows.numel(); begin += 1000)
    parts.push_back(net(index_select(images, 0, slice(rows, 0, begin, begin + 1000))));
  return concat(parts);
}

std::vector<int64_t> confusion_matrix(const Tensor& logits, const Tensor& labels) {
  std::vector<int64_t> counts(kClasses * kClasses, 0);
  const auto decided = argmax(logits, 1).to_vector<int64_t>(), is = labels.to_vector<int64_t>();
  for (size_t i = 0; i < is.size(); ++i) ++counts[static_cast<size_t>(is[i] * kClasses + decided[i])];
  return counts;
}

}  // namespace

shared::Numbers to_numbers(const Run& run) {
  return shared::numbers_of(run, kNumbers);
}
void from_numbers(const shared::Numbers& numbers, Run& run) {
  shared::assign(numbers, kNumbers, run);
}

Run train_and_test(const Digits& digits, const TrainingSet& set, const Method& method, uint64_t seed,
                   const Options& options) {
  Generator root(seed);
  Generator of_subset = root.split(), of_weights = root.split(), of_order = root.split();
  const Tensor subset = draw(set, digits, of_subset);
  Mlp net(of_weights);
  net.to(options.device);
  optim::SGD sgd(net.named_parameters(), {.lr = .05, .momentum = .9, .weight_decay = 5e-4});
  sgd.set_schedule(optim::CosineWarmup{.warmup_steps = 0, .total_steps = options.steps, .min_lr = 0});
  Batches batches(digits, subset, of_order);

  Run run;
  for (int64_t step = 1; step <= options.steps; ++step) {
    const data::Batch batch = batches.next();
    sgd.zero_grad();
    const Tensor logits = net(batch.images);
    if (step == options.steps) run.force = force_of_the_marginal(logits, batch.labels);
    method.loss(logits, batch.labels).backward();
    sgd.step();
  }

  const NoGrad guard;
  const Tensor everything = arange(digits.test_labels.numel()).to(options.device);
  const Tensor logits = logits_of(net, digits.test_images, everything);
  const losses::MilcTerms terms = losses::milc_terms(logits.to(DType::f64), digits.test_labels);
  run.test_error = error_rate(logits, digits.test_labels);
  run.train_error =
      error_rate(logits_of(net, digits.train_images, subset), index_select(digits.train_labels, 0, subset));
  run.ce = terms.ce.item();
  run.hm = terms.h_marginal.item();
  run.h_labels = terms.h_labels;
  run.mi = terms.mi;
  // Learned information may be negative; it then says no more than none.
  run.bound_plug_in = losses::error_bounds(run.h_labels, std::max(0.0, run.mi), kClasses).fano_tight;
  run.bound_certified = losses::certified_error_bound(confusion_matrix(logits, digits.test_labels), kClasses);
  return run;
}

}  // namespace milc
