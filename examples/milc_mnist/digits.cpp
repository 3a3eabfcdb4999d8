#include "digits.h"

#include <cmath>
#include <numeric>

#include <fmt/core.h>

#include "../shared/digits.h"

namespace milc {

using namespace ig;

namespace {

Tensor pixels(const Tensor& images, Device device) {
  return flatten(data::to_float(images, 0.1307, 0.3081), 1).to(device);
}

TrainingSet balanced(int64_t n, const Digits& digits) {
  TrainingSet set{.name = fmt::format("{}", n)};
  const int64_t all = digits.train_labels.numel();
  for (size_t c = 0; c < kClasses; ++c) {
    const auto there = static_cast<int64_t>(digits.of_class[c].size());
    set.per_class[c] = n == all ? there : n / kClasses;
    if (n != all && (n % kClasses != 0 || set.per_class[c] > there))
      throw ValueError(fmt::format(
          "--sizes {}: a tenth of it from each class is needed, but class {} has {}; all {} are possible", n,
          c, there, all));
  }
  return set;
}

}  // namespace

Digits load_digits(const Options& options) {
  const shared::Digits files = shared::load_digits(options.data);
  Digits digits{.train_images = pixels(files.train.images, options.device),
                .test_images = pixels(files.test.images, options.device),
                .train_labels = files.train.labels.to(options.device),
                .test_labels = files.test.labels.to(options.device),
                .of_class = {},
                .source = files.source};
  int64_t index = 0;
  for (const int64_t label : files.train.labels.to_vector<int64_t>())
    digits.of_class.at(static_cast<size_t>(label)).push_back(index++);
  return digits;
}

int64_t TrainingSet::size() const {
  return std::accumulate(per_class.begin(), per_class.end(), int64_t{0});
}

std::vector<TrainingSet> training_sets(const Options& options, const Digits& digits) {
  std::vector<TrainingSet> sets;
  if (!options.long_tail) {
    std::vector<int64_t> sizes = options.sizes;
    if (sizes.empty()) sizes = {100, 300, 1000, 3000, 10000, digits.train_labels.numel()};
    for (const int64_t n : sizes) sets.push_back(balanced(n, digits));
    return sets;
  }
  TrainingSet tail;
  for (size_t c = 0; c < kClasses; ++c)
    tail.per_class[c] = std::llround(500 * std::pow(0.01, static_cast<double>(c) / 9));
  tail.name = fmt::format("long tail {}", tail.size());
  return {tail};
}

Tensor draw(const TrainingSet& set, const Digits& digits, Generator generator) {
  std::vector<int64_t> chosen;
  for (size_t c = 0; c < kClasses; ++c) {
    const std::vector<int64_t>& pool = digits.of_class[c];
    const auto order = rand_permutation(static_cast<int64_t>(pool.size()), generator).to_vector<int64_t>();
    for (int64_t i = 0; i < set.per_class[c]; ++i)
      chosen.push_back(pool[static_cast<size_t>(order[static_cast<size_t>(i)])]);
  }
  return from_data(chosen, {static_cast<int64_t>(chosen.size())}).to(digits.train_labels.device());
}

}  // namespace milc
