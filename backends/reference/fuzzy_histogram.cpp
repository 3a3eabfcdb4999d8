// Joint histograms of value pairs that belong to several bins at once, and their gradient.
#include <cmath>

#include <infograd/backends/fuzzy_bins.h>
#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

using namespace reference;

namespace {

/// f(active bin of x, of y, their bins' numbers k and l) for every cell that a pair touches.
template <class F>
void for_each_cell(const ActiveBins& a, const ActiveBins& b, F f) {
  for (int k = 0; k < a.count; ++k)
    for (int l = 0; l < b.count; ++l) f(static_cast<size_t>(k), static_cast<size_t>(l));
}

/// Where P_ij, p_i and q_j lie in a row of the packed table.
struct Packed {
  int64_t n;
  int64_t joint(int i, int j) const { return i * n + j; }
  int64_t p(int i) const { return n * n + i; }
  int64_t q(int j) const { return n * n + n + j; }
};

}  // namespace

void ReferenceBackend::fuzzy_histogram(const FuzzyHistogramArgs& args) {
  const int64_t rows = args.x.shape[0], pixels = args.x.shape[1];
  const Packed at{args.bins.count};
  int64_t* const bad = args.first_bad.as<int64_t>();
  for (int k = 0; k < 3; ++k) bad[k] = -1;
  const auto report = [&](int argument, int64_t index) {
    if (bad[argument] < 0) bad[argument] = index;
  };
  visit_floating("fuzzy_histogram", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> x(args.x), y(args.y), weight(args.weight);
    const Elements<double> out(args.out), total(args.total);
    ActiveBins a, b;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < args.out.shape[1]; ++i) out.set(0, r, i);
      double sum = 0;
      for (int64_t m = 0; m < pixels; ++m) {
        const double w = weight ? weight(r, m) : 1;
        if (std::isnan(x(r, m))) report(0, r * pixels + m);
        if (std::isnan(y(r, m))) report(1, r * pixels + m);
        if (!(w >= 0) || std::isinf(w)) report(2, r * pixels + m);
        if (!(w > 0)) continue;
        sum += w;
        active_bins(args.bins, false, x(r, m), a);
        active_bins(args.bins, args.crisp_y, y(r, m), b);
        for_each_cell(a, b, [&](size_t k, size_t l) {
          const double pair =
              args.tnorm == TNorm::product ? a.weight[k] * b.weight[l] : std::min(a.weight[k], b.weight[l]);
          out.add(w * pair, r, at.joint(a.first + static_cast<int>(k), b.first + static_cast<int>(l)));
        });
        for (int k = 0; k < a.count; ++k) out.add(w * a.weight[static_cast<size_t>(k)], r, at.p(a.first + k));
        for (int l = 0; l < b.count; ++l) out.add(w * b.weight[static_cast<size_t>(l)], r, at.q(b.first + l));
      }
      total.set(sum, r);
      for (int64_t i = 0; i < args.out.shape[1] && sum > 0; ++i) out.set(out(r, i) / sum, r, i);
    }
  });
}

void ReferenceBackend::fuzzy_histogram_grad(const FuzzyHistogramArgs& args) {
  const int64_t rows = args.x.shape[0], pixels = args.x.shape[1];
  const Packed at{args.bins.count};
  visit_floating("fuzzy_histogram", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> x(args.x), y(args.y), weight(args.weight), dx(args.dx), dy(args.dy);
    const Elements<double> grad(args.grad), total(args.total);
    ActiveBins a, b;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t m = 0; m < pixels; ++m) {
        const double w = weight ? weight(r, m) : 1;
        double by_x = 0, by_y = 0;
        active_bins(args.bins, false, x(r, m), a);
        active_bins(args.bins, args.crisp_y, y(r, m), b);
        for_each_cell(a, b, [&](size_t k, size_t l) {
          const double u = a.weight[k], v = b.weight[l],
                       g = grad(r, at.joint(a.first + static_cast<int>(k), b.first + static_cast<int>(l)));
          if (args.tnorm == TNorm::product) {
            by_x += a.slope[k] * v * g;
            by_y += b.slope[l] * u * g;
          } else {  // to the smaller of the two, half to each at a tie
            by_x += a.slope[k] * g * (u < v ? 1 : u > v ? 0 : 0.5);
            by_y += b.slope[l] * g * (v < u ? 1 : v > u ? 0 : 0.5);
          }
        });
        for (int k = 0; k < a.count; ++k)
          by_x += a.slope[static_cast<size_t>(k)] * grad(r, at.p(a.first + k));
        for (int l = 0; l < b.count; ++l)
          by_y += b.slope[static_cast<size_t>(l)] * grad(r, at.q(b.first + l));
        const double share = w > 0 ? w / total(r) : 0;
        if (dx) dx.set(share * by_x, r, m);
        if (dy) dy.set(share * by_y, r, m);
      }
  });
}

}  // namespace infograd
