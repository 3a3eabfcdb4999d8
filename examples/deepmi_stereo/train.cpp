#include "train.h"

#include "../shared/thread_seconds.h"

namespace stereo {

using namespace ig;

namespace {

constexpr uint64_t kTestSeed = 20210116;
constexpr double Run::*kNumbers[] = {&Run::end_point_error, &Run::bad, &Run::seconds, &Run::first_loss,
                                     &Run::last_loss};

/// x with its content moved to the right, the left edge repeated.
Tensor shifted_right(const Tensor& x, int64_t pixels) {
  if (pixels == 0) return x;
  Shape edge = x.shape();
  edge[3] = pixels;
  return concat({expand(slice(x, 3, 0, 1), edge), slice(x, 3, 0, -pixels)}, 3);
}

nn::Conv2d convolution(int64_t in, int64_t out, Activation activation, Generator& generator) {
  return nn::Conv2d(in, out, 3, {.padding = {1, 1}, .activation = activation, .generator = &generator});
}

/// A loss that compares images through a window sees 5 x 5 pixels here.
constexpr int kSsimWindow = 5;

}  // namespace

Matcher::Matcher(Generator& generator)
    : net_(child("net", nn::Sequential(convolution(6, 24, Activation::relu, generator),
                                       convolution(24, 24, Activation::relu, generator),
                                       convolution(24, 24, Activation::relu, generator),
                                       convolution(24, 1, Activation::none, generator)))) {}

Tensor Matcher::operator()(const Pairs& pairs) const {
  std::vector<Tensor> channels{pairs.left};
  for (int64_t shift = 0; shift <= static_cast<int64_t>(kMaxDisparity); ++shift)
    channels.push_back(shifted_right(pairs.right, shift));
  return sigmoid(net_(concat(channels, 1) - .5)) * kMaxDisparity;
}

Objective photometric(const shared::ImageLoss& loss) {
  return {.name = loss.name, .loss = [loss](const Pairs& pairs, const Tensor& proposed) {
            const Grid grid = pixel_grid(proposed.device());
            const Tensor x = grid.x - squeeze(proposed, 1);
            const SampledImage warped = grid_sample_bilinear(pairs.right, x, expand(grid.y, x.shape()));
            return mean(loss(pairs.left, warped.value, warped.inside));
          }};
}

Objective supervised() {
  return {.name = "supervised", .loss = [](const Pairs& pairs, const Tensor& proposed) {
            return mean(abs(proposed - pairs.disparity));
          }};
}

std::vector<Objective> objectives() {
  std::vector<Objective> all;
  for (const shared::ImageLoss& loss : shared::single_losses(kSsimWindow)) all.push_back(photometric(loss));
  all.push_back(photometric(shared::weighted_sum(
      "L1 + SSIM", {{.15, shared::l1()}, {.85 / 2, shared::one_minus_ssim(kSsimWindow)}})));
  all.push_back(supervised());
  return all;
}

shared::Numbers to_numbers(const Run& run) {
  return shared::numbers_of(run, kNumbers, &Run::proposed);
}
void from_numbers(const shared::Numbers& numbers, Run& run) {
  shared::assign(numbers, kNumbers, &Run::proposed, {-1, 1, kHeight, kWidth}, run);
}

Run judge(const Tensor& proposed, const Pairs& test) {
  const Tensor off = abs(proposed - test.disparity);
  return {.end_point_error = mean(off).item(),
          .bad = mean(gt(off, 1).to(DType::f32)).item(),
          .proposed = slice(proposed, 0, 0, kShown).clone().to(cpu)};
}

Pairs test_pairs(shared::IntensityMap map, const Options& options) {
  Generator generator(kTestSeed);
  return draw_pairs(options.test_pairs, map, generator, options.device);
}

Run train_and_test(const Objective& objective, shared::IntensityMap map, uint64_t seed, double lr_scale,
                   const Options& options) {
  const double start = shared::thread_seconds();
  Generator root(seed);
  Generator of_weights = root.split(), of_pairs = root.split();
  Matcher matcher(of_weights);
  matcher.to(options.device);
  optim::Adam adam(matcher.named_parameters(), {.lr = 2e-3 * lr_scale});
  adam.set_schedule(optim::CosineWarmup{.warmup_steps = 0, .total_steps = options.steps, .min_lr = 0});
  double first_loss = 0, last_loss = 0;
  for (int64_t step = 0; step < options.steps; ++step) {
    const Pairs pairs = draw_pairs(options.batch, map, of_pairs, options.device);
    adam.zero_grad();
    const Tensor loss = objective.loss(pairs, matcher(pairs));
    loss.backward();
    adam.step();
    last_loss = loss.item();
    if (step == 0) first_loss = last_loss;
  }
  const NoGrad guard;
  const Pairs test = test_pairs(map, options);
  Run run = judge(matcher(test), test);
  run.first_loss = first_loss;
  run.last_loss = last_loss;
  run.seconds = shared::thread_seconds() - start;
  return run;
}

}  // namespace stereo
