#include "digits.h"

#include <cmath>
#include <numeric>

#include <fmt/core.h>

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
  data::Dataset train, test;
  Digits digits;
  const std::string dir = options.data == "synthetic" ? "" : data::find_mnist(options.data);
  if (!dir.empty() || (!options.data.empty() && options.data != "synthetic")) {
    // A directory that was asked for and is not there: let the reader name every file it tried.
    const std::string from = dir.empty() ? options.data : dir;
    train = data::mnist(from, data::Split::train);
    test = data::mnist(from, data::Split::test);
    digits.source = "MNIST";
  } else {
    train = data::synthetic_digits({.count = 20000, .split = data::Split::train});
    test = data::synthetic_digits({.count = 5000, .split = data::Split::test});
    digits.source = "synthetic digits (embedded)";
  }
  digits.train_images = pixels(train.images, options.device);
  digits.test_images = pixels(test.images, options.device);
  digits.train_labels = train.labels.to(options.device);
  digits.test_labels = test.labels.to(options.device);
  int64_t index = 0;
  for (const int64_t label : train.labels.to_vector<int64_t>())
    digits.of_class.at(static_cast<size_t>(label)).push_back(index++);
  return digits;
}

int64_t TrainingSet::size() const {
  return std::accumulate(per_class.begin(), per_class.end(), int64_t{0});
}

std::vector<TrainingSet> training_sets(const Options& options, const Digits& digits) {
  std::vector<TrainingSet> sets;
  if (!options.long_tail) {
    for (const int64_t n : options.sizes) sets.push_back(balanced(n, digits));
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
