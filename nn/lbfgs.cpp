#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include <infograd/nn/lbfgs.h>

namespace infograd::nn {

namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
void add_scaled(Vector& x, double scale, const Vector& y) {
  for (size_t i = 0; i < x.size(); ++i) x[i] += scale * y[i];
}
double largest(const Vector& x) {
  double result = 0;
  for (double value : x)
    if (!(std::abs(value) <= result)) result = std::abs(value);  // NaN stays: it is not convergence
  return result;
}

struct Pair {
  Vector step, change;  // of x and of the gradient
  double curvature;     // step . change > 0
};

// The two-loop recursion: -H g, where H is built from the pairs.
Vector direction(const Vector& gradient, const std::deque<Pair>& pairs) {
  Vector d = gradient;
  std::vector<double> alpha(pairs.size());
  for (size_t i = pairs.size(); i-- > 0;) {
    alpha[i] = dot(pairs[i].step, d) / pairs[i].curvature;
    add_scaled(d, -alpha[i], pairs[i].change);
  }
  const double scale = pairs.empty() ? 1 / std::max(1.0, std::sqrt(dot(gradient, gradient)))
                                     : pairs.back().curvature / dot(pairs.back().change, pairs.back().change);
  for (double& value : d) value *= scale;
  for (size_t i = 0; i < pairs.size(); ++i)
    add_scaled(d, alpha[i] - dot(pairs[i].change, d) / pairs[i].curvature, pairs[i].step);
  for (double& value : d) value = -value;
  return d;
}

}  // namespace

LbfgsResult minimize_lbfgs(const Objective& objective, Vector& x, const LbfgsOptions& options) {
  Vector gradient(x.size()), next_gradient(x.size()), next(x.size());
  LbfgsResult result;
  result.value = objective(x, gradient);
  std::deque<Pair> pairs;
  for (; result.iterations < options.max_iterations; ++result.iterations) {
    result.converged = largest(gradient) <= options.tolerance;
    if (result.converged) return result;
    const Vector d = direction(gradient, pairs);
    const double slope = dot(gradient, d);
    double length = 1, value = 0;
    bool accepted = false;
    for (int halving = 0; halving < 25 && !accepted; ++halving, length /= 2) {
      next = x;
      add_scaled(next, length, d);
      value = objective(next, next_gradient);
      accepted = value <= result.value + 1e-4 * length * slope + options.noise * std::abs(result.value);
    }
    if (!accepted) return result;
    Pair pair{next, next_gradient, 0};
    add_scaled(pair.step, -1, x);
    add_scaled(pair.change, -1, gradient);
    pair.curvature = dot(pair.step, pair.change);
    if (pair.curvature > 1e-12 * dot(pair.change, pair.change)) pairs.push_back(std::move(pair));
    if (pairs.size() > static_cast<size_t>(options.memory)) pairs.pop_front();
    x.swap(next);
    gradient.swap(next_gradient);
    result.value = value;
  }
  result.converged = largest(gradient) <= options.tolerance;
  return result;
}

}  // namespace infograd::nn
