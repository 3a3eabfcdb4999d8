#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/core/parallel.h>
#include <infograd/losses/mi/population_infomax/measures.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {

double npi_cfe(const Tensor& display, const Tensor& x, int64_t grid) {
  const NoGrad no_grad;
  check_defined("npi_cfe", "display", display);
  check_defined("npi_cfe", "x", x);
  check<ShapeError>(display.rank() == 2 && x.rank() == 2 && display.size(0) == x.size(0),
                    "npi_cfe: display [K, K1] and x [K, M] needed, found {} and {}", describe(display),
                    describe(x));
  const Tensor filters = display.detach().to(DType::f64);
  const double zeta = static_cast<double>(filters.size(1)) / sum(norm(filters, 2, {0})).item();
  return kde_entropy_bits(matmul(transpose(filters), x.detach().to(DType::f64)) * zeta, grid);
}

double npi_cde(const Tensor& c, const Tensor& x_hat, double beta, double a, double n) {
  const NoGrad no_grad;
  check_defined("npi_cde", "c", c);
  check_defined("npi_cde", "x_hat", x_hat);
  check<ShapeError>(
      c.rank() == 2 && x_hat.rank() == 2 && c.size(0) == x_hat.size(0) && c.numel() > 0 && x_hat.size(1) > 0,
      "npi_cde: c [K0, K1] and x_hat [K0, M] needed, found {} and {}", describe(c), describe(x_hat));
  check<ValueError>(beta > 0 && a > 0 && n > 0, "npi_cde: beta {}, a {} and n {} must be positive", beta, a,
                    n);
  const Tensor host = c.detach().to(cpu).to(DType::f64);
  const int64_t k0 = host.size(0), k1 = host.size(1), m = x_hat.size(1);
  const auto dimensions = static_cast<double>(k0);
  const int64_t chunk = std::clamp<int64_t>((int64_t{1} << 18) / (k0 * k1), 1, m);
  const Tensor samples = transpose(x_hat.detach().to(cpu).to(DType::f64)).contiguous();
  const Tensor identity = eye(k0, DType::f64);
  std::vector<double> totals(static_cast<size_t>((m + chunk - 1) / chunk));
  // Chunks side by side: matrices this small are not worth several threads each.
  parallel_for(m, chunk, [&](int64_t begin, int64_t end) {
    const NoGrad no_grad_here;
    for (int64_t at = begin; at < end; at += chunk) {
      const Tensor u = matmul(slice(samples, 0, at, std::min(at + chunk, end)), host) * beta;  // [chunk, K1]
      const Tensor phi = (beta / a) * sigmoid(u) * sigmoid(-u);
      const Tensor fisher = matmul(host * unsqueeze(square(phi), 1), transpose(host));  // [chunk, K0, K0]
      const Tensor factor = linalg::cholesky(fisher * (n / dimensions) + identity);
      totals[static_cast<size_t>(at / chunk)] = 2 * sum(log(sum(factor * identity, {-1}))).item();
    }
  });
  const double total = std::accumulate(totals.begin(), totals.end(), 0.0);
  const double log_2_pi_e = 2.8378770664093453;
  return -0.5 * (total / static_cast<double>(m) - dimensions * log_2_pi_e);
}

double amari_index(const Tensor& p) {
  const NoGrad no_grad;
  check_defined("amari_index", "p", p);
  check<ShapeError>(p.rank() == 2 && p.size(0) == p.size(1) && p.size(0) >= 2,
                    "amari_index: a square matrix of two rows or more needed, found {}", describe(p));
  const Tensor size = abs(p.detach().to(DType::f64));
  const auto n = static_cast<double>(p.size(0));
  const auto spread = [&](int axis) { return sum(size / max(size, {axis}, true)).item() - n; };
  const double index = (spread(0) + spread(1)) / (2 * n * (n - 1));
  check<ValueError>(std::isfinite(index),
                    "amari_index: p {} has a row or column of zeros, or an entry that is not finite",
                    describe(p));
  return index;
}

Tensor participation_ratio(const Tensor& filters) {
  const NoGrad no_grad;
  check<ShapeError>(filters.rank() == 2, "participation_ratio: filters [K, K1] needed, found {}",
                    describe(filters));
  const Tensor squares = square(filters.detach().to(DType::f64));
  return square(sum(squares, {0})) / (static_cast<double>(filters.size(0)) * sum(square(squares), {0}));
}

}  // namespace infograd::losses
