// The arguments of the coarse backend methods. Shapes are checked by the ops before a backend sees them.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <infograd/backends/view.h>
#include <infograd/core/philox.h>

namespace infograd {

/// Element-wise functions of one operand. Formulas, gradients and parameters: scalar_ops.h.
enum class UnaryOp : uint8_t {
  neg,
  abs,
  sign,
  sqrt,
  rsqrt,
  exp,
  expm1,
  log,
  log1p,
  sin,
  cos,
  tanh,
  sigmoid,
  softplus,
  relu,
  leaky_relu,
  elu,
  gelu,
  gelu_tanh,
  silu,
  erf,
  floor,
  ceil,
  round,
  square,
  reciprocal,
  lgamma,
  digamma,
  trigamma,
  clamp,        ///< p0 = lower, p1 = upper
  pow,          ///< x^p0
  affine,       ///< p0 * x + p1
  logical_not,  ///< b8 out
  isfinite      ///< b8 out
};

/// Element-wise functions of two operands of one dtype. Comparisons and logical ones write b8.
enum class BinaryOp : uint8_t {
  add,  ///< a + alpha * b
  sub,
  mul,
  div,
  pow,
  maximum,
  minimum,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  logical_and,
  logical_or,
  logical_xor
};

/// Reductions; any and all read b8 and write b8. Empty: sum 0, prod 1, max -inf, min +inf, logsumexp -inf,
/// mean NaN.
enum class ReduceOp : uint8_t { sum, mean, var, prod, max, min, logsumexp, sum_squares, sum_abs, any, all };

enum class ArgReduceOp : uint8_t { argmax, argmin };

/// Epilogue fused into gemm, conv and batch norm.
enum class Activation : uint8_t { none, relu, gelu, tanh, sigmoid };

/// How f32 operands are multiplied. bf16 rounds the operands and accumulates in f32.
enum class Precision : uint8_t { f32, bf16 };

/// out = activation(alpha * a @ b + bias) + beta * out. out [..., M, N], a [..., M, K], b [..., K, N] of
/// equal rank 2..6, any strides (0 repeats a batch); bias [N], may be empty. Activation requires beta = 0. K
/// = 0 gives zeros plus bias.
struct GemmArgs {
  View out;
  ConstView a, b, bias;
  Activation activation = Activation::none;
  Precision precision = Precision::f32;
  double alpha = 1, beta = 0;
};

enum class ConvPass : uint8_t { forward, data_grad, weight_grad };

/// 2-D convolution (cross-correlation). x [B, C, H, W], w [O, C/groups, kh, kw], y [B, O, Ho, Wo], bias [O],
/// any strides; channels-last is the fast layout. forward writes y, data_grad writes x (from y, w),
/// weight_grad writes w and, if given, bias (from x, y). Activation only in forward.
struct ConvArgs {
  ConvPass pass = ConvPass::forward;
  View x, w, bias, y;  ///< those a pass only reads are not written
  std::array<int, 2> stride{1, 1}, dilation{1, 1};
  std::array<int, 2> pad_begin{0, 0}, pad_end{0, 0};
  int groups = 1;
  Activation activation = Activation::none;
  Precision precision = Precision::f32;
};

enum class PoolKind : uint8_t { max, avg_exclude_pad, avg_include_pad };

/// 2-D pooling. forward: y from x; for max also `index` (same shape as y): position of the maximum inside its
/// window, ky * kernel_w + kx, first one at ties; u8 when the window has at most 256 cells, else i64; may be
/// empty when no gradient is wanted. backward: dx from dy (and index). x, y and their gradients [B, C, H, W],
/// any strides. The last windows may hang over the padding (ceil mode: y says how many there are);
/// avg_include_pad divides by the cells inside the padded image, avg_exclude_pad by those inside the image.
struct PoolArgs {
  PoolKind kind = PoolKind::max;
  bool backward = false;
  View x, y, index;  ///< backward: x is dx (written), y is dy (read)
  std::array<int, 2> kernel{2, 2}, stride{2, 2}, pad_begin{0, 0}, pad_end{0, 0};
};

/// Batch norm over all axes but 1: x [B, C, ...], statistics and affine [C], same dtype as x. Training: batch
/// statistics, saves mean and 1/sqrt(var + eps), updates running_* if given: r += momentum * (batch - r),
/// variance unbiased. Evaluation (training = false): uses running_*. activation relu or none, fused into y.
struct BatchNormArgs {
  ConstView x, weight, bias;  ///< weight and bias may be empty
  View y, running_mean, running_var, save_mean, save_rstd;
  double eps = 1e-5, momentum = 0.1;
  bool training = true;
  Activation activation = Activation::none;
};
/// Gradients of the above. With activation relu, y tells where the output was zero. Any of dx, dweight, dbias
/// may be empty.
struct BatchNormGradArgs {
  ConstView dy, x, y, weight, save_mean, save_rstd;
  View dx, dweight, dbias;
  bool training = true;
  Activation activation = Activation::none;
};

/// Layer norm of rows: x, y [R, D] contiguous (the normalised axes flattened to D), weight and bias [D] or
/// empty, mean and rstd [R].
struct LayerNormArgs {
  ConstView x, weight, bias;
  View y, mean, rstd;
  double eps = 1e-5;
};
struct LayerNormGradArgs {
  ConstView dy, x, weight, mean, rstd;
  View dx, dweight, dbias;  ///< any may be empty
};

/// Mean-free softmax cross-entropy per row. logits [N, C] contiguous, labels [N] i64 (ignore_index gives loss
/// 0), class weights [C] or empty. forward: loss [N] = w_y * ((1 - s) * (lse - z_y)) + s / C * sum_c w_c (lse
/// - z_c), lse [N] in f64. backward: dlogits [N, C] from row gradients g [N] and lse.
struct CrossEntropyArgs {
  ConstView logits, labels, weight;
  View loss, lse;
  ConstView grad;  ///< backward only
  View dlogits;    ///< backward only
  double smoothing = 0;
  int64_t ignore_index = -100;
};

/// Of l = log_softmax(logits) [N, C], labels [N] i64 in 0 .. C-1, contiguous views: out [N + C] = l_{i, y_i}
/// of each row, then L_c = LSE_i l_ic - log N of each class, the log of the average prediction; lse [2, N]
/// the largest logit of a row and log sum e^(z - largest), apart, as their sum would cost digits. backward,
/// with g = grad [N + C]: dl_ic = [c = y_i] g_i + g_{N + c} e^(l_ic - L_c) / N and dlogits_ic = dl_ic -
/// e^l_ic sum_c dl_ic.
struct LabelMarginalArgs {
  ConstView logits, labels;
  View out, lse;   ///< written by forward, read by backward
  ConstView grad;  ///< backward only
  View dlogits;    ///< backward only
};

/// Scores of all pairs, s_ij = scale * <u_i, v_j> of u and v [K, d], or given as `scores` [K, K]. With labels
/// [K] (i64) the entries i != j of equal label are left out (-inf). Contiguous views. Neither method keeps a
/// K x K matrix of its own. forward: out [3, K] = log-sum-exp of row i, of column i, and s_ii. backward, with
/// g = grad [3, K] and G_ij = g_0i e^(s_ij - out_0i) + g_1j e^(s_ij - out_1j) + (i == j) g_2i: du = scale * G
/// v, dv = scale * G^T u, or dscores = G.
struct AllPairsArgs {
  ConstView u, v;  ///< empty when `scores` is given
  ConstView scores;
  ConstView labels;      ///< may be empty
  View out;              ///< written by forward, read by backward
  ConstView grad;        ///< backward only
  View du, dv, dscores;  ///< backward only; du and dv both, or dscores
  double scale = 1;
  int64_t tile = 0;  ///< extent of a tile: part of the summation order; 0 chooses from K
};

enum class RandomKind : uint8_t {
  uniform,    ///< [a, b)
  normal,     ///< mean a, standard deviation b
  bernoulli,  ///< 1 with probability a
  integers    ///< a .. b-1
};
/// Fills a contiguous view. Element i depends on (key, i) only (philox.h).
struct RandomArgs {
  RandomKind kind = RandomKind::uniform;
  View out;
  double a = 0, b = 1;
  PhiloxKey key;
};

enum class PaddingMode : uint8_t { zeros, border };

/// Bilinear sampling. x [B, C, H, W], grid [B, Ho, Wo, 2] (x then y in [-1, 1]), y [B, C, Ho, Wo]. backward:
/// dx (added into, zero it first) and dgrid from dy; either may be empty. With `pixel_grid` the grid counts
/// pixels from 0 and is clamped to the image; align_corners and padding are then not looked at.
struct GridSampleArgs {
  ConstView x, grid;
  View y;
  bool align_corners = false;
  PaddingMode padding = PaddingMode::zeros;
  bool pixel_grid = false;
  ConstView dy;    ///< backward only
  View dx, dgrid;  ///< backward only
};

/// How strongly a value belongs to each bin of a histogram; the memberships of a value sum to 1. With
/// v = clamp((x - lo) / (hi - lo), 0, 1) and N bins:
enum class Membership : uint8_t {
  triangular,       ///< linear interpolation at u = v (N - 1): two bins, centres 0 .. N - 1 include both ends
  triangular_cell,  ///< the same at u = v N - 1/2: centres of N equal cells, flat in the outer half cells
  gaussian,         ///< e^(-(u - i)^2 / (2 s^2)), renormalised, cut off at 8 s
  cubic_bspline,    ///< four bins at u = pad + v (N - 1 - 2 pad)
  crisp             ///< the nearest bin; gradient 0, for evaluation
};
/// How the memberships a, b of two values become that of their pair.
enum class TNorm : uint8_t {
  product,  ///< a b
  minimum   ///< min(a, b); the table then sums to between 1 and 2
};

/// The bins of one axis of a histogram.
struct FuzzyBins {
  Membership membership = Membership::triangular;
  int count = 11;         ///< N, 2 .. 256
  double lo = 0, hi = 1;  ///< values of the element type; outside, a value counts as the nearer end
  double sigma = 0.5;     ///< gaussian: s in bin widths, 0.2 .. 4
  int pad = 1;            ///< cubic_bspline: bins beyond lo and hi, 1 or 2
};

/// Joint histograms of value pairs, one per row. x, y, weight [R, M] contiguous, f32 or f64; weight may be
/// empty (all 1). With W = sum of a row's weights, forward writes out [R, N^2 + 2 N] in f64: the table P
/// (x first), then p and q, all divided by W (0 where W = 0); total [R] f64 = W; first_bad [3] i64 = the
/// first NaN of x, of y, and the first weight that is not finite and >= 0, or -1. If there is one, `out`
/// means nothing. backward: dx and dy (either may be empty) from grad, laid out as `out`, with P, p, q taken
/// as independent; reads total.
struct FuzzyHistogramArgs {
  ConstView x, y, weight;
  FuzzyBins bins;
  bool crisp_y = false;  ///< y counts in its nearest bin only
  TNorm tnorm = TNorm::product;
  View out, total, first_bad;
  ConstView grad;  ///< backward only
  View dx, dy;     ///< backward only
};

/// One parameter of an optimizer step: contiguous-in-memory views of equal geometry (any common dense
/// layout).
struct AdamItem {
  View param;
  ConstView grad;
  View m, v;
};
/// Adam and AdamW over a list in one pass. g' = grad * grad_scale (+ weight_decay * p unless decoupled).
struct AdamArgs {
  std::span<const AdamItem> items;
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0, grad_scale = 1;
  int64_t step = 1;  ///< counts from 1
  bool decoupled = false;
};
struct SgdItem {
  View param;
  ConstView grad;
  View momentum;  ///< empty without momentum
};
/// SGD over a list: g' = grad * grad_scale + weight_decay * p; b = momentum * b + (first ? 1 : 1 - dampening)
/// * g'.
struct SgdArgs {
  std::span<const SgdItem> items;
  double lr = 0.1, momentum = 0, dampening = 0, weight_decay = 0, grad_scale = 1;
  bool nesterov = false, first_step = false;
};

}  // namespace infograd
