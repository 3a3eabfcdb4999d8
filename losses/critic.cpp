#include <cmath>

#include <infograd/autograd/engine.h>
#include <infograd/autograd/record.h>
#include <infograd/core/check.h>
#include <infograd/losses/critic.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

using Network = std::function<Tensor(const Tensor&)>;

/// Scores [ti, tj] of first-layer halves a [ti, h] and b [tj, h].
Tensor tile_scores(const Tensor& a, const Tensor& b, const Network& rest) {
  const Tensor scores = rest(relu(unsqueeze(a, 1) + unsqueeze(b, 0)));
  const Shape tile{a.size(0), b.size(0)};
  check<ShapeError>(
      scores.numel() == tile.numel(),
      "concatenated_critic: rest gave {} for a tile {} of pairs: one score per pair is needed, [..] or "
      "[.., 1]",
      describe(scores), tile);
  return reshape(scores, tile);
}

Tensor leaf(const Tensor& x) {
  Tensor copy = x.detach();
  return copy.set_requires_grad();
}

/// tile_scores whose activations are dropped now and computed again in backward.
Tensor recomputed_tile(const Tensor& a, const Tensor& b, const Network& rest,
                       const std::vector<Tensor>& parameters) {
  Tensor out;
  {
    const NoGrad no_grad;
    out = tile_scores(a, b, rest).detach();
  }
  std::vector<Tensor> inputs{a, b};
  inputs.insert(inputs.end(), parameters.begin(), parameters.end());
  if (!grad_needed(inputs)) return out;
  record(
      out, "concatenated_critic", inputs,
      [a = Saved(a), b = Saved(b), rest, parameters](const Tensor& g) {
        const EnableGrad enable_grad;
        std::vector<Tensor> wanted{leaf(a.get()), leaf(b.get())};
        wanted.insert(wanted.end(), parameters.begin(), parameters.end());
        return Grads(grad(tile_scores(wanted[0], wanted[1], rest), wanted, false, false, g));
      },
      SecondOrder::no);
  return out;
}

}  // namespace

Tensor separable_critic(const Tensor& u, const Tensor& v, const SeparableOptions& options) {
  check_same("separable_critic", u, v);
  check<ShapeError>(u.rank() == 2 && v.rank() == 2 && u.size(1) == v.size(1),
                    "separable_critic: u {} and v {}: both must be [.., e] with the same e", describe(u),
                    describe(v));
  check<ValueError>(options.temperature > 0, "separable_critic: temperature = {} must be positive",
                    options.temperature);
  const Tensor scores =
      options.normalize ? matmul(normalize_rows(u), transpose(normalize_rows(v))) : matmul(u, transpose(v));
  return options.temperature == 1 ? scores : scores / options.temperature;
}

Tensor bilinear_critic(const Tensor& x, const Tensor& w, const Tensor& y) {
  check_same("bilinear_critic", x, w);
  check_same("bilinear_critic", x, y);
  check<ShapeError>(x.rank() == 2 && y.rank() == 2 && w.shape() == Shape{x.size(1), y.size(1)},
                    "bilinear_critic: x {}, w {}, y {}: w must be [dx, dy]", describe(x), describe(w),
                    describe(y));
  return matmul(matmul(x, w), transpose(y));
}

Tensor bilinear_weight(int64_t dx, int64_t dy, DType dtype, Generator& generator) {
  check<ValueError>(dx > 0 && dy > 0, "bilinear_weight: dx = {} and dy = {} must be positive", dx, dy);
  return rand_normal({dx, dy}, 0, 1 / std::sqrt(static_cast<double>(dx) * static_cast<double>(dy)), dtype,
                     generator);
}

Tensor concatenated_critic(const Tensor& x, const Tensor& y, const Tensor& weight, const Tensor& bias,
                           const Network& rest, const ConcatenatedOptions& options) {
  check_same("concatenated_critic", x, weight);
  check_same("concatenated_critic", x, y);
  check<ShapeError>(x.rank() == 2 && y.rank() == 2 && x.size(0) > 0 && y.size(0) > 0 && weight.rank() == 2 &&
                        weight.size(1) == x.size(1) + y.size(1),
                    "concatenated_critic: x {}, y {}, weight {}: weight must be [h, dx + dy]", describe(x),
                    describe(y), describe(weight));
  check<ValueError>(options.tile > 0, "concatenated_critic: tile = {} must be positive", options.tile);
  const Tensor a = linear(x, slice(weight, 1, 0, x.size(1)), bias);
  const Tensor b = linear(y, slice(weight, 1, x.size(1)));
  std::vector<Tensor> rows;
  for (int64_t i = 0; i < a.size(0); i += options.tile) {
    const Tensor a_tile = slice(a, 0, i, i + options.tile);
    std::vector<Tensor> tiles;
    for (int64_t j = 0; j < b.size(0); j += options.tile) {
      const Tensor b_tile = slice(b, 0, j, j + options.tile);
      tiles.push_back(options.parameters.empty() ? tile_scores(a_tile, b_tile, rest)
                                                 : recomputed_tile(a_tile, b_tile, rest, options.parameters));
    }
    rows.push_back(concat(tiles, 1));
  }
  return concat(rows, 0);
}

Tensor deep_infomax_critic(const Tensor& global, const Tensor& local, double temperature) {
  check_same("deep_infomax_critic", global, local);
  check<ShapeError>(
      global.rank() == 2 && (local.rank() == 3 || local.rank() == 4) && local.size(0) == global.size(0) &&
          local.size(1) == global.size(1),
      "deep_infomax_critic: global {} and local {}: [B, e] and [B, e, L] or [B, e, H, W] are needed",
      describe(global), describe(local));
  check<ValueError>(temperature > 0, "deep_infomax_critic: temperature = {} must be positive", temperature);
  const int64_t batch = global.size(0), depth = global.size(1);
  // Positions as rows: free of copies when the features are channels-last.
  const Tensor last = local.rank() == 4 ? permute(local, {0, 2, 3, 1}) : permute(local, {0, 2, 1});
  const Tensor scores = matmul(global, transpose(reshape(last, {-1, depth})));
  return reshape(temperature == 1 ? scores : scores / temperature, {batch, batch, -1});
}

}  // namespace infograd::losses
