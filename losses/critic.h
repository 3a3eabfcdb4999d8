// Critics: functions that score pairs. Rows are x, columns are y. A network is any callable; losses do not
// know nn.
#pragma once

#include <functional>
#include <vector>

#include <infograd/core/generator.h>
#include <infograd/core/tensor.h>

namespace infograd::losses {

struct SeparableOptions {
  double temperature = 1;
  bool normalize = false;  ///< rows of u and v to unit length first: cosine similarity
};
/// u [K, e] v[M, e]^T / temperature = [K, M], with u = phi(x), v = psi(y).
INFOGRAD_API Tensor separable_critic(const Tensor& u, const Tensor& v, const SeparableOptions& options = {});

/// (x [K, dx] w[dx, dy]) y[M, dy]^T = [K, M].
INFOGRAD_API Tensor bilinear_critic(const Tensor& x, const Tensor& w, const Tensor& y);
/// w [dx, dy], normal with standard deviation 1/sqrt(dx dy): scores of raw pixels stay small.
INFOGRAD_API Tensor bilinear_weight(int64_t dx, int64_t dy, DType dtype = DType::f32,
                                    Generator& generator = default_generator());

struct ConcatenatedOptions {
  int64_t tile = 128;              ///< pairs are evaluated tile x tile at a time
  std::vector<Tensor> parameters;  ///< what `rest` reads. When given, a tile's activations are dropped after
                                   ///< forward and computed again in backward; the second derivative is then
                                   ///< not available. All of them: one that is left out receives no gradient.
};
/// f(x, y) = rest(relu(weight [x; y] + bias)) for all pairs of x [K, dx] and y [M, dy]: [K, M]. weight [h, dx
/// + dy], bias [h] or undefined. The first layer is split, weight [x; y] = weight_x x + weight_y y, so it
/// costs K + M products instead of K M, and the K M x (dx + dy) matrix never exists. `rest` maps [.., h] to
/// [..] or [.., 1].
INFOGRAD_API Tensor concatenated_critic(const Tensor& x, const Tensor& y, const Tensor& weight,
                                        const Tensor& bias, const std::function<Tensor(const Tensor&)>& rest,
                                        const ConcatenatedOptions& options = {});

/// Deep InfoMax: every global vector against every local one. global [B, e], local [B, e, L] or [B, e, H, W]
/// (L = H W): [B, B, L] with s[i, j, l] = <global_i, local_j,l> / temperature, ready for jsd, dv, mine, nwj
/// and smile: an image's own locations are its positives, those of the other images its negatives. Fastest
/// with channels-last local features.
INFOGRAD_API Tensor deep_infomax_critic(const Tensor& global, const Tensor& local, double temperature = 1);

}  // namespace infograd::losses
