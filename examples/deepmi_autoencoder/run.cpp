#include "run.h"

#include <algorithm>
#include <cmath>

#include "../shared/digits.h"
#include "../shared/thread_seconds.h"

namespace autoencoder {

using namespace ig;

namespace {

constexpr double Run::*kNumbers[] = {&Run::mae,    &Run::psnr,    &Run::ssim,        &Run::lmi,
                                     &Run::rajski, &Run::seconds, &Run::loss_before, &Run::loss_after};

/// Weights and biases start as U(+-1/sqrt(fan_in)), the default of Linear, but for the last bias: digits are
/// mostly black.
struct Autoencoder : nn::Module {
  explicit Autoencoder(Generator& generator)
      : net(child("net", nn::Sequential(layer(784, 128, Activation::relu, generator),
                                        layer(128, 32, Activation::relu, generator),
                                        layer(32, 128, Activation::relu, generator)))),
        last(child("last", layer(128, 784, Activation::sigmoid, generator))) {
    nn::init::constant_(last.bias(), -2);
  }
  nn::Sequential net;
  nn::Linear last;
  Tensor operator()(const Tensor& x) const { return reshape(last(net(flatten(x, 1))), x.shape()); }

 private:
  static nn::Linear layer(int64_t in, int64_t out, Activation activation, Generator& generator) {
    return {in, out, {.activation = activation, .generator = &generator}};
  }
};

double psnr(const Tensor& x, const Tensor& y) {
  double total = 0;
  const auto errors = mean(square(x - y).to(DType::f64), {1, 2, 3}).to_vector<double>();
  for (const double mse : errors) total += std::min(99.0, -10 * std::log10(mse));
  return total / static_cast<double>(errors.size());
}

void measure(const Tensor& x, const Tensor& y, Run& run) {
  run.mae = mean(abs(x - y).to(DType::f64)).item();
  run.psnr = psnr(x, y);
  run.ssim = losses::ssim(x, y).item();
  const losses::FuzzyMiReport fuzzy = losses::fuzzy_mi_report(x, y);
  run.lmi = fuzzy.lmi;
  run.rajski = fuzzy.rajski;
  run.some = slice(y, 0, 0, kShown).clone().to(cpu);
}

}  // namespace

shared::Numbers to_numbers(const Run& run) {
  return shared::numbers_of(run, kNumbers, &Run::some);
}
void from_numbers(const shared::Numbers& numbers, Run& run) {
  shared::assign(numbers, kNumbers, &Run::some, {kShown, 1, 28, 28}, run);
}

Images load_images(const Options& options) {
  const shared::Digits digits = shared::load_digits(options.data, {.train = options.images, .test = 1000});
  return {data::to_float(digits.train.images).to(options.device),
          data::to_float(digits.test.images).to(options.device), digits.source};
}

Run train_and_test(const Images& images, const Objective& objective, double rate, uint64_t seed,
                   const Options& options) {
  Generator root(seed);
  Generator of_weights = root.split(), of_order = root.split();
  Autoencoder net(of_weights);
  net.to(options.device);
  optim::Adam adam(net.named_parameters(), {.lr = rate});
  const auto loss_of_test = [&] {
    const NoGrad guard;
    return mean(loss_in(objective, options.epochs - 1, options.epochs)(images.test, net(images.test))).item();
  };

  Run run;
  run.loss_before = loss_of_test();
  const double start = shared::thread_seconds();
  const int64_t count = images.train.size(0);
  for (int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    const shared::ImageLoss& loss = loss_in(objective, epoch, options.epochs);
    const Tensor order = rand_permutation(count, of_order, options.device);
    for (int64_t begin = 0; begin < count; begin += 64) {
      const Tensor x = index_select(images.train, 0, slice(order, 0, begin, begin + 64));
      adam.zero_grad();
      mean(loss(x, net(x))).backward();
      adam.step();
    }
  }
  run.seconds = shared::thread_seconds() - start;
  run.loss_after = loss_of_test();
  const NoGrad guard;
  measure(images.test, net(images.test), run);
  return run;
}

}  // namespace autoencoder
