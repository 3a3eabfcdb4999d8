#include <algorithm>
#include <cmath>
#include <vector>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/nn/lbfgs.h>
#include <infograd/nn/probe.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/softmax.h>

namespace infograd::nn {

namespace {

void check_part(const char* op, const char* part, const Tensor& features, const Tensor& labels,
                int64_t classes) {
  check_defined(op, part, features);
  check_defined(op, "labels", labels);
  check_floating(op, part, features);
  check<ShapeError>(features.rank() == 2 && features.size(0) >= 1 && features.size(1) >= 1,
                    "{}: {} features [N, D] needed, found {}", op, part, describe(features));
  check<ValueError>(
      all(isfinite(features.detach())).item() != 0,
      "{}: NaN or infinity in the {} features {}: the network that made them has usually diverged", op, part,
      describe(features));
  check<ShapeError>(labels.rank() == 1 && labels.size(0) == features.size(0),
                    "{}: {} features {} and labels {} do not fit", op, part, describe(features),
                    describe(labels));
  check<DTypeError>(labels.dtype() == DType::i64, "{}: labels must be i64, found {}", op, describe(labels));
  const auto values = labels.to_vector<int64_t>();
  const auto wrong =
      std::find_if(values.begin(), values.end(), [&](int64_t y) { return y < 0 || y >= classes; });
  if (wrong != values.end())
    fail<ValueError>("{}: {} label number {} is {}, outside 0 .. {}", op, part, wrong - values.begin(),
                     *wrong, classes - 1);
}

void check_parts(const char* op, const Tensor& train, const Tensor& train_labels, const Tensor& test,
                 const Tensor& test_labels, int64_t classes) {
  check<ValueError>(classes >= 1, "{}: {} classes", op, classes);
  check_part(op, "training", train, train_labels, classes);
  check_part(op, "test", test, test_labels, classes);
  check<ShapeError>(train.size(1) == test.size(1),
                    "{}: training features {} and test features {} differ in width", op, describe(train),
                    describe(test));
}

Tensor plain(const Tensor& features) {
  return features.detach().to(DType::f32).contiguous();
}

// (x - mean) * scale. A column that hardly varies is not blown up: its deviation counts as a tenth of the
// average one.
struct Standardizer {
  Tensor mean, scale;
  explicit Standardizer(const Tensor& x) : mean(infograd::mean(x, {0})) {
    const Tensor deviation = infograd::std(x, {0}, 0);
    const Tensor floor = infograd::mean(deviation) * 0.1 + 1e-12;
    scale = where(gt(deviation, 0.0), reciprocal(maximum(deviation, floor)), 0.0);
  }
  Tensor operator()(const Tensor& x) const { return (x - mean) * scale; }
};

// A linear layer whose parameters travel to and from the host vector that L-BFGS moves.
struct LinearClassifier {
  Tensor weight, bias;
  LinearClassifier(const std::vector<double>& flat, int64_t classes, int64_t width, Device device) {
    const std::vector<float> values(flat.begin(), flat.end());
    const Tensor all = from_data(values, {classes * width + classes}).to(device);
    weight = reshape(slice(all, 0, 0, classes * width), {classes, width});
    bias = slice(all, 0, classes * width);
  }
  Tensor operator()(const Tensor& x) const { return linear(x, weight, bias); }
};

double accuracy(const Tensor& logits, const Tensor& labels) {
  return mean(eq(argmax(logits, 1), labels).to(DType::f32)).item();
}

}  // namespace

ProbeResult linear_probe(const Tensor& train_features, const Tensor& train_labels,
                         const Tensor& test_features, const Tensor& test_labels,
                         const ProbeOptions& options) {
  check_parts("linear_probe", train_features, train_labels, test_features, test_labels, options.classes);
  const NoGrad no_grad;
  const Tensor raw = plain(train_features);
  const Standardizer standardize(raw);
  const Tensor x = standardize(raw);
  const int64_t classes = options.classes, width = x.size(1);
  const auto weights = static_cast<size_t>(classes * width);

  const auto objective = [&](const std::vector<double>& flat, std::vector<double>& gradient) {
    const EnableGrad enable_grad;
    LinearClassifier model(flat, classes, width, x.device());
    model.weight.set_requires_grad();
    model.bias.set_requires_grad();
    const Tensor loss = mean(softmax_cross_entropy(model(x), train_labels));
    loss.backward();
    double value = loss.item();
    const auto dw = model.weight.grad().to(cpu).to_vector<float>(),
               db = model.bias.grad().to(cpu).to_vector<float>();
    std::copy(dw.begin(), dw.end(), gradient.begin());
    std::copy(db.begin(), db.end(), gradient.begin() + static_cast<std::ptrdiff_t>(weights));
    for (size_t i = 0; i < weights; ++i) {
      value += 0.5 * options.weight_decay * flat[i] * flat[i];
      gradient[i] += options.weight_decay * flat[i];
    }
    return value;
  };
  std::vector<double> flat(weights + static_cast<size_t>(classes), 0.0);
  const LbfgsResult fit = minimize_lbfgs(
      objective, flat, {.max_iterations = options.max_iterations, .tolerance = options.tolerance});

  const LinearClassifier model(flat, classes, width, x.device());
  return {.train_accuracy = accuracy(model(x), train_labels),
          .test_accuracy = accuracy(model(standardize(plain(test_features))), test_labels),
          .loss = fit.value,
          .iterations = fit.iterations,
          .converged = fit.converged};
}

double knn_accuracy(const Tensor& train_features, const Tensor& train_labels, const Tensor& test_features,
                    const Tensor& test_labels, const KnnOptions& options) {
  check_parts("knn_accuracy", train_features, train_labels, test_features, test_labels, options.classes);
  check<ValueError>(options.k >= 1 && options.k <= train_features.size(0) && options.tile >= 1,
                    "knn_accuracy: k {} must lie in 1 .. {} (training rows), tile {} must be positive",
                    options.k, train_features.size(0), options.tile);
  const NoGrad no_grad;
  const auto unit = [](const Tensor& x) {
    return x / maximum(norm(x, 2, {1}, true), scalar(1e-12).to(x.device()));
  };
  const bool cosine = options.metric == Metric::cosine;
  // The nearest row has the largest score: x . t, and in Euclidean distance x . t - |t|^2 / 2, whose
  // difference needs the digits of f64 where the features are far from 0.
  const auto prepared = [&](const Tensor& x) { return cosine ? unit(plain(x)) : x.detach().to(DType::f64); };
  const Tensor train = prepared(train_features), queries = prepared(test_features);
  const Tensor bias = cosine ? Tensor() : sum(square(train), {1}) * -0.5;
  const auto classes_of = train_labels.to(cpu).to_vector<int64_t>(),
             truth = test_labels.to(cpu).to_vector<int64_t>();

  int64_t correct = 0;
  std::vector<int64_t> votes;
  for (int64_t begin = 0; begin < queries.size(0); begin += options.tile) {
    const Tensor scores = linear(slice(queries, 0, begin, begin + options.tile), train, bias);
    const auto nearest = topk(scores, options.k, 1).indices.to(cpu).to_vector<int64_t>();
    for (size_t row = 0; row < nearest.size() / static_cast<size_t>(options.k); ++row) {
      votes.assign(static_cast<size_t>(options.classes), 0);
      const auto* members = nearest.data() + row * static_cast<size_t>(options.k);
      for (int64_t i = 0; i < options.k; ++i)
        ++votes[static_cast<size_t>(classes_of[static_cast<size_t>(members[i])])];
      const int64_t most = *std::max_element(votes.begin(), votes.end());
      int64_t winner = -1;
      for (int64_t i = 0; winner < 0; ++i) {  // nearest first
        const int64_t label = classes_of[static_cast<size_t>(members[i])];
        if (votes[static_cast<size_t>(label)] == most) winner = label;
      }
      correct += winner == truth[static_cast<size_t>(begin) + row] ? 1 : 0;
    }
  }
  return static_cast<double>(correct) / static_cast<double>(truth.size());
}

}  // namespace infograd::nn
