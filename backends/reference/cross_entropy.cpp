// Softmax cross-entropy per row, with label smoothing s spread over the C classes:
// loss = (1 - s) w_y (lse - z_y) + s / C * sum_c w_c (lse - z_c), lse = log sum_c exp z_c.
#include <cmath>
#include <limits>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

using namespace reference;

void ReferenceBackend::cross_entropy(const CrossEntropyArgs& args) {
  const int64_t rows = args.logits.shape[0], classes = args.logits.shape[1];
  const double spread = args.smoothing / static_cast<double>(classes);
  visit_floating("cross_entropy", args.logits.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> z(args.logits), weight(args.weight), loss_of(args.loss);
    const Elements<double> lse_of(args.lse);
    const Elements<int64_t> labels(args.labels);
    const auto weight_of = [&](int64_t c) { return weight ? weight(c) : 1.0; };
    for (int64_t r = 0; r < rows; ++r) {
      double largest = -std::numeric_limits<double>::infinity(), sum = 0;
      for (int64_t c = 0; c < classes; ++c) largest = std::fmax(largest, z(r, c));
      for (int64_t c = 0; c < classes; ++c) sum += std::exp(z(r, c) - (std::isinf(largest) ? 0 : largest));
      const double lse = (std::isinf(largest) ? 0 : largest) + std::log(sum);
      if (lse_of) lse_of.set(lse, r);

      const int64_t label = labels(r);
      double loss = 0;
      if (label != args.ignore_index) {
        loss = (1 - args.smoothing) * weight_of(label) * (lse - z(r, label));
        for (int64_t c = 0; c < classes && spread > 0; ++c) loss += spread * weight_of(c) * (lse - z(r, c));
      }
      loss_of.set(loss, r);
    }
  });
}

void ReferenceBackend::cross_entropy_grad(const CrossEntropyArgs& args) {
  const int64_t rows = args.logits.shape[0], classes = args.logits.shape[1];
  const double spread = args.smoothing / static_cast<double>(classes);
  visit_floating("cross_entropy", args.logits.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> z(args.logits), weight(args.weight), grad(args.grad), dz(args.dlogits);
    const Elements<double> lse(args.lse);
    const Elements<int64_t> labels(args.labels);
    const auto weight_of = [&](int64_t c) { return weight ? weight(c) : 1.0; };
    double total_weight = 0;
    for (int64_t c = 0; c < classes; ++c) total_weight += weight_of(c);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t label = labels(r);
      if (label == args.ignore_index) {
        for (int64_t c = 0; c < classes; ++c) dz.set(0, r, c);
        continue;
      }
      const double on_label = (1 - args.smoothing) * weight_of(label);
      for (int64_t c = 0; c < classes; ++c) {
        const double probability = std::isinf(z(r, c)) && z(r, c) < 0 ? 0 : std::exp(z(r, c) - lse(r));
        const double target = (c == label ? on_label : 0) + spread * weight_of(c);
        dz.set(grad(r) * ((on_label + spread * total_weight) * probability - target), r, c);
      }
    }
  });
}

}  // namespace infograd
