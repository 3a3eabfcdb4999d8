#include "run.h"

#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "../shared/digits.h"
#include "rate.h"

namespace mige_ib {

using namespace ig;

namespace {

constexpr int kDraws = 12;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double Epoch::*kNumbers[] = {&Epoch::cross_entropy, &Epoch::rate, &Epoch::one_sample,
                                       &Epoch::of_twelve,     &Epoch::kl,   &Epoch::sigma,
                                       &Epoch::eigenfunctions};

data::Dataset rows(const data::Dataset& digits, Device device) {
  return {.images = flatten(data::to_float(digits.images, 0.5, 0.5), 1).to(device),
          .labels = digits.labels.to(device)};
}

double errors(const Tensor& scores, const Tensor& labels) {
  return sum(ne(argmax(scores, 1), labels).to(DType::f64)).item();
}

/// Fills what the test images say. The noise is the same for all methods and epochs.
void test(Epoch& epoch, Run& run, const Network& network, const data::Dataset& images, bool noisy) {
  const NoGrad no_grad;
  Generator noise(run.seed + 1000);
  const int64_t n = images.labels.numel();
  std::vector<Tensor> mus;
  double one = 0, twelve = 0, kl = 0, sigma = 0;
  for (int64_t begin = 0; begin < n; begin += 1000) {
    const Tensor labels = slice(images.labels, 0, begin, begin + 1000);
    const Code code = network.encode(slice(images.images, 0, begin, begin + 1000));
    const auto count = static_cast<double>(labels.numel());
    mus.push_back(code.mu);
    if (!noisy) {
      one += errors(network.decode(code.mu), labels);
      continue;
    }
    Tensor predicted;
    for (int draw = 0; draw < kDraws; ++draw) {
      const Tensor p = softmax(network.decode(code.draw(noise)));
      if (draw == 0) one += errors(p, labels);
      predicted = draw == 0 ? p : predicted + p;
    }
    twelve += errors(predicted, labels);
    kl += count * kl_to_normal(code).item();
    sigma += count * mean(code.sigma).item();
  }
  const auto total = static_cast<double>(n);
  epoch.one_sample = one / total;
  epoch.of_twelve = noisy ? twelve / total : epoch.one_sample;
  epoch.kl = noisy ? kl / total : kNone;
  epoch.sigma = noisy ? sigma / total : kNone;
  if (run.units == kPlane) run.test_mu = concat(mus).to(cpu);
}

}  // namespace

shared::Numbers to_numbers(const Run& run) {
  shared::Numbers numbers{run.seconds, static_cast<double>(run.epochs.size())};
  for (const Epoch& epoch : run.epochs) {
    const shared::Numbers more = shared::numbers_of(epoch, kNumbers);
    numbers.insert(numbers.end(), more.begin(), more.end());
  }
  shared::append(numbers, run.test_mu);
  return numbers;
}
void from_numbers(const shared::Numbers& numbers, Run& run) {
  shared::check_count(numbers, 2);
  run.seconds = numbers[0];
  const auto count = static_cast<size_t>(numbers[1]), end = 2 + count * std::size(kNumbers);
  shared::check_count(numbers, end);
  const std::span all(numbers);
  for (size_t at = 2; at < end; at += std::size(kNumbers))
    shared::assign(all.subspan(at), kNumbers, run.epochs.emplace_back());
  run.test_mu = shared::tensor_of(all.subspan(end), {-1, kPlane});
}

Data load_data(const Options& options) {
  const shared::Digits digits =
      shared::load_digits(options.data, {.train = options.train_images, .test = options.test_images});
  return {.train = rows(digits.train, options.device),
          .test = rows(digits.test, options.device),
          .name = digits.source};
}

void train_and_test(Run& run, const Data& data, const Options& options) {
  Generator root(run.seed);
  Generator of_weights = root.split(), of_order = root.split(), noise = root.split(), of_rate = root.split();
  Network network(options, run.units, of_weights), average(options, run.units, of_weights);
  network.to(options.device);
  average.to(options.device);
  Averaging averaging(network, average);
  const std::unique_ptr<Rate> rate = make_rate(run.method, run.units, options, of_rate);
  data::DataLoader loader(
      data.train,
      {.batch_size = run.batch, .shuffle = true, .drop_last = true, .prefetch = 0, .generator = of_order});
  if (loader.batches() == 0)
    throw ValueError(fmt::format("a batch of {} does not fit into {} training images", run.batch,
                                 data.train.labels.numel()));
  optim::Adam adam(network.parameters(), {.lr = options.lr, .beta1 = 0.5});
  adam.set_schedule(optim::StepDecay{.every = 2 * loader.batches(), .factor = 0.97});

  using Clock = std::chrono::steady_clock;
  Clock::duration spent{};
  for (int64_t i = 1; i <= options.epochs; ++i) {
    Epoch epoch;
    const Clock::time_point start = Clock::now();
    for (const data::Batch& batch : loader) {
      adam.zero_grad();
      const Code code = network.encode(batch.images);
      const Tensor z = rate->noisy() ? code.draw(noise) : code.mu;
      const Tensor cross_entropy = losses::cross_entropy(network.decode(z), batch.labels);
      const Tensor charge = (*rate)(batch.images, code, z);
      const Tensor loss = cross_entropy + run.beta * charge;
      if (!std::isfinite(loss.item()))
        throw ValueError(fmt::format("{}, beta {}, batch {}, seed {}: the loss is not finite in epoch {}",
                                     run.method, run.beta, run.batch, run.seed, i));
      loss.backward();
      adam.step();
      averaging.update();
      epoch.cross_entropy += cross_entropy.item();
      epoch.rate += charge.item();
      epoch.eigenfunctions += static_cast<double>(rate->eigenfunctions());
    }
    spent += Clock::now() - start;
    const auto batches = static_cast<double>(loader.batches());
    epoch.cross_entropy /= batches;
    epoch.rate = rate->in_nats() ? epoch.rate / batches : kNone;
    epoch.eigenfunctions = rate->eigenfunctions() > 0 ? epoch.eigenfunctions / batches : kNone;
    test(epoch, run, average, data.test, rate->noisy());
    run.epochs.push_back(epoch);
  }
  run.seconds = std::chrono::duration<double>(spent).count() / static_cast<double>(options.epochs);
}

}  // namespace mige_ib
