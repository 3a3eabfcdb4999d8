// Layer norm: every row is normalised by its own mean and population variance.
#include <cmath>
#include <vector>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

using namespace reference;

void ReferenceBackend::layer_norm(const LayerNormArgs& args) {
  const int64_t rows = args.x.shape[0], n = args.x.shape[1];
  visit_floating("layer_norm", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> x(args.x), weight(args.weight), bias(args.bias), y(args.y), mean_of(args.mean),
        rstd_of(args.rstd);
    for (int64_t r = 0; r < rows; ++r) {
      double mean = 0, var = 0;
      for (int64_t i = 0; i < n; ++i) mean += x(r, i);
      mean /= static_cast<double>(n);
      for (int64_t i = 0; i < n; ++i) var += (x(r, i) - mean) * (x(r, i) - mean);
      var /= static_cast<double>(n);
      const double rstd = 1 / std::sqrt(var + args.eps);
      if (mean_of) mean_of.set(mean, r);
      if (rstd_of) rstd_of.set(rstd, r);
      for (int64_t i = 0; i < n; ++i)
        y.set((x(r, i) - mean) * rstd * (weight ? weight(i) : 1) + (bias ? bias(i) : 0), r, i);
    }
  });
}

void ReferenceBackend::layer_norm_grad(const LayerNormGradArgs& args) {
  const int64_t rows = args.x.shape[0], n = args.x.shape[1];
  visit_floating("layer_norm", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> dy(args.dy), x(args.x), weight(args.weight), mean(args.mean), rstd(args.rstd),
        dx(args.dx);
    std::vector<double> dweight(static_cast<size_t>(n)), dbias(static_cast<size_t>(n));
    for (int64_t r = 0; r < rows; ++r) {
      const auto normalized = [&](int64_t i) { return (x(r, i) - mean(r)) * rstd(r); };
      const auto grad = [&](int64_t i) { return dy(r, i) * (weight ? weight(i) : 1); };
      double sum = 0, projection = 0;
      for (int64_t i = 0; i < n; ++i) {
        sum += grad(i);
        projection += grad(i) * normalized(i);
        dweight[static_cast<size_t>(i)] += dy(r, i) * normalized(i);
        dbias[static_cast<size_t>(i)] += dy(r, i);
      }
      for (int64_t i = 0; i < n && dx; ++i)
        dx.set(rstd(r) * (grad(i) - (sum + normalized(i) * projection) / static_cast<double>(n)), r, i);
    }
    const Elements<T> dweight_of(args.dweight), dbias_of(args.dbias);
    for (int64_t i = 0; i < n; ++i) {
      if (dweight_of) dweight_of.set(dweight[static_cast<size_t>(i)], i);
      if (dbias_of) dbias_of.set(dbias[static_cast<size_t>(i)], i);
    }
  });
}

}  // namespace infograd
