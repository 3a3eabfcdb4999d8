// Finite differences against autograd. Everything is f64 on the host; the functions under test may do what
// they like.
#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/core.h>

#include <infograd/autograd/engine.h>
#include <infograd/autograd/gradcheck.h>
#include <infograd/core/check.h>
#include <infograd/core/generator.h>

namespace infograd {

namespace {

using Values = std::vector<double>;

/// A fresh leaf with the same values. The strides and the offset are kept, except that repeated elements
/// (stride 0) become elements of their own: each logical element must be free to move.
Tensor independent_copy(const Tensor& x) {
  bool repeats = false;
  for (int axis = 0; axis < x.rank(); ++axis)
    repeats = repeats || (x.strides()[axis] == 0 && x.shape()[axis] > 1);
  if (repeats) {
    Tensor copy = empty(x.shape(), DType::f64);
    const Values values = x.to_vector<double>();
    std::copy(values.begin(), values.end(), copy.data<double>());
    return copy;
  }
  const Storage& from = *x.impl().storage;
  auto storage = make_ref<Storage>(from.bytes(), x.device());
  if (from.bytes() > 0) std::memcpy(storage->data(), from.data(), from.bytes());
  return Tensor(make_ref<TensorImpl>(storage, x.impl().offset, x.shape(), x.strides(), x.dtype()));
}

/// Address of logical element i (row-major) of a view.
double* element(const Tensor& x, int64_t i) {
  int64_t offset = 0;
  for (int axis = x.rank() - 1; axis >= 0; --axis) {
    offset += i % x.shape()[axis] * x.strides()[axis];
    i /= x.shape()[axis];
  }
  return x.data<double>() + offset;
}

Tensor random_weights(const Shape& shape, Generator& generator) {
  Tensor weights = empty(shape, DType::f64);
  double* values = weights.data<double>();
  for (int64_t i = 0; i < weights.numel(); ++i) values[i] = 2 * generator.uniform() - 1;
  return weights;
}

double dot(const Tensor& a, const Tensor& b) {
  const Values x = a.to_vector<double>(), y = b.to_vector<double>();
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

/// Inputs ready for a check: f64 copies, those that want a gradient as leaves.
struct Leaves {
  std::vector<Tensor> all;
  std::vector<Tensor> checked;
  std::vector<int> position;  ///< of checked[k] among the inputs

  Leaves(const std::vector<Tensor>& inputs, std::string_view what) {
    for (const Tensor& input : inputs) {
      if (!input.defined() || !input.requires_grad()) {
        all.push_back(input);
        continue;
      }
      check<DTypeError>(input.dtype() == DType::f64, "{}: input {} is {}; finite differences need f64", what,
                        all.size(), describe(input));
      Tensor leaf = independent_copy(input);
      leaf.set_requires_grad();
      position.push_back(static_cast<int>(all.size()));
      all.push_back(leaf);
      checked.push_back(leaf);
    }
    check<ValueError>(
        !checked.empty(),
        "{}: no input requires a gradient, so there is nothing to check; call set_requires_grad()", what);
  }
};

/// Compares analytic gradients with central differences of `value`, element by element.
GradcheckReport compare(const Leaves& leaves, const std::vector<Tensor>& analytic,
                        const std::function<double()>& value, const GradcheckOptions& options,
                        std::string_view what) {
  GradcheckReport report;
  for (size_t k = 0; k < leaves.checked.size(); ++k) {
    const Tensor& leaf = leaves.checked[k];
    const Values gradient = analytic[k].defined() ? analytic[k].to_vector<double>()
                                                  : Values(static_cast<size_t>(leaf.numel()), 0.0);
    for (int64_t i = 0; i < leaf.numel(); ++i) {
      double* x = element(leaf, i);
      const double centre = *x;
      const double step = options.step * std::max(1.0, std::abs(centre));
      *x = centre + step;
      const double above = *x;
      const double up = value();
      *x = centre - step;
      const double below = *x;
      const double down = value();
      *x = centre;
      const double numeric = (up - down) / (above - below);
      const double found = gradient[static_cast<size_t>(i)];
      const double scale = options.atol + options.rtol * std::max(std::abs(found), std::abs(numeric));
      const double error = std::abs(found - numeric) / scale;
      // A NaN is worse than any number, and the first one stays.
      if (report.worst_input < 0 || (!(error <= report.worst_error) && !std::isnan(report.worst_error))) {
        report.worst_error = error;
        report.worst_input = leaves.position[k];
        report.worst_index = i;
        report.analytic = found;
        report.numeric = numeric;
      }
      if (!(error <= 1)) report.ok = false;
    }
  }
  report.message =
      report.worst_input < 0
          ? fmt::format("{}: nothing to compare, all inputs are empty", what)
          : fmt::format(
                "{} {}: worst element {} of input {}: analytic {:.12g}, numeric {:.12g}, {:.3g} of the "
                "tolerance (rtol {:.1g}, atol {:.1g})",
                what, report.ok ? "passed" : "failed", report.worst_index, report.worst_input,
                report.analytic, report.numeric, report.worst_error, options.rtol, options.atol);
  return report;
}

GradcheckReport cannot_run(std::string message) {
  GradcheckReport report;
  report.ok = false;
  report.message = std::move(message);
  return report;
}

}  // namespace

GradcheckReport gradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options) {
  const Leaves leaves(inputs, "gradcheck");
  const Tensor out = f(leaves.all);
  if (!out.requires_grad())
    return cannot_run("gradcheck: the result does not require a gradient, so nothing was recorded");
  Generator generator(options.seed);
  const Tensor weights = random_weights(out.shape(), generator);
  const std::vector<Tensor> analytic = grad(out, leaves.checked, false, false, weights);
  return compare(
      leaves, analytic, [&] { return dot(f(leaves.all), weights); }, options, "gradcheck");
}

GradcheckReport gradgradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options) {
  Generator generator(options.seed);
  const Leaves first(inputs, "gradgradcheck");
  const Tensor sample = f(first.all);
  if (!sample.requires_grad())
    return cannot_run("gradgradcheck: the result does not require a gradient, so nothing was recorded");

  // The gradient is itself a function of the inputs and of the seed of the first backward: check it in both.
  Tensor seed = random_weights(sample.shape(), generator);
  seed.set_requires_grad();
  std::vector<Tensor> with_seed = inputs;
  with_seed.push_back(seed);
  const Leaves leaves(with_seed, "gradgradcheck");
  const std::vector<Tensor> function_inputs(leaves.checked.begin(), leaves.checked.end() - 1);
  const std::vector<Tensor> arguments(leaves.all.begin(), leaves.all.end() - 1);
  const auto gradients = [&](bool create_graph) {
    return grad(f(arguments), function_inputs, create_graph, false, leaves.checked.back());
  };

  std::vector<Tensor> weights;
  for (const Tensor& input : function_inputs) weights.push_back(random_weights(input.shape(), generator));

  const std::vector<Tensor> recorded = gradients(true);
  std::vector<Tensor> analytic(leaves.checked.size());
  for (size_t k = 0; k < recorded.size(); ++k) {
    if (!recorded[k].defined() || !recorded[k].requires_grad()) continue;  // constant: its derivative is zero
    const std::vector<Tensor> part = grad(recorded[k], leaves.checked, false, true, weights[k]);
    for (size_t j = 0; j < part.size(); ++j)
      if (part[j].defined())
        analytic[j] = analytic[j].defined() ? detail::engine_add(analytic[j], part[j]) : part[j];
  }
  const auto value = [&] {
    const std::vector<Tensor> now = gradients(false);
    double sum = 0;
    for (size_t k = 0; k < now.size(); ++k)
      if (now[k].defined()) sum += dot(now[k], weights[k]);
    return sum;
  };
  return compare(leaves, analytic, value, options, "gradgradcheck");
}

}  // namespace infograd
