// The default body of every backend method: say who lacks what.
#include <initializer_list>
#include <string>

#include <infograd/backends/backend.h>
#include <infograd/core/error.h>

namespace infograd {

namespace {

/// "cpu: softmax is not implemented for f32 [2, 3], f32 [2, 3]"
[[noreturn]] void lacks(const Backend& backend, std::string_view method,
                        std::initializer_list<ConstView> views) {
  std::string message(backend.name());
  message.append(": ").append(method).append(" is not implemented for");
  std::string_view separator = " ";
  for (const ConstView& view : views) {
    if (!view) continue;
    message.append(separator).append(infograd::name(view.dtype)).append(" ").append(to_string(view.shape));
    separator = ", ";
  }
  throw NotImplemented(message);
}

}  // namespace

Backend::~Backend() = default;

void Backend::unary(UnaryOp, View out, ConstView x, double, double) {
  lacks(*this, "unary", {out, x});
}
void Backend::unary_grad(UnaryOp, View dx, ConstView dy, ConstView x, ConstView y, double, double) {
  lacks(*this, "unary_grad", {dx, dy, x, y});
}
void Backend::binary(BinaryOp, View out, ConstView a, ConstView b, double) {
  lacks(*this, "binary", {out, a, b});
}
void Backend::where(View out, ConstView condition, ConstView a, ConstView b) {
  lacks(*this, "where", {out, condition, a, b});
}
void Backend::fill(View out, double) {
  lacks(*this, "fill", {out});
}
void Backend::copy(View out, ConstView x) {
  lacks(*this, "copy", {out, x});
}

void Backend::reduce(ReduceOp, View out, ConstView x, double) {
  lacks(*this, "reduce", {out, x});
}
void Backend::arg_reduce(ArgReduceOp, View out, ConstView x, int) {
  lacks(*this, "arg_reduce", {out, x});
}
void Backend::cumsum(View out, ConstView x, int, bool, bool) {
  lacks(*this, "cumsum", {out, x});
}
void Backend::topk(View values, View indices, ConstView x, int, bool) {
  lacks(*this, "topk", {values, indices, x});
}

void Backend::gemm(const GemmArgs& args) {
  lacks(*this, "gemm", {args.out, args.a, args.b, args.bias});
}
void Backend::conv(const ConvArgs& args) {
  lacks(*this, "conv", {args.x, args.w, args.bias, args.y});
}
void Backend::pool(const PoolArgs& args) {
  lacks(*this, "pool", {args.x, args.y, args.index});
}

void Backend::softmax(View out, ConstView x, int, bool) {
  lacks(*this, "softmax", {out, x});
}
void Backend::softmax_grad(View dx, ConstView dy, ConstView y, int, bool) {
  lacks(*this, "softmax_grad", {dx, dy, y});
}
void Backend::batch_norm(const BatchNormArgs& args) {
  lacks(*this, "batch_norm", {args.x, args.y});
}
void Backend::batch_norm_grad(const BatchNormGradArgs& args) {
  lacks(*this, "batch_norm_grad", {args.dy, args.x});
}
void Backend::layer_norm(const LayerNormArgs& args) {
  lacks(*this, "layer_norm", {args.x, args.y});
}
void Backend::layer_norm_grad(const LayerNormGradArgs& args) {
  lacks(*this, "layer_norm_grad", {args.dy, args.x});
}
void Backend::cross_entropy(const CrossEntropyArgs& args) {
  lacks(*this, "cross_entropy", {args.logits, args.labels, args.weight});
}
void Backend::cross_entropy_grad(const CrossEntropyArgs& args) {
  lacks(*this, "cross_entropy_grad", {args.logits, args.labels, args.weight});
}

void Backend::label_marginal(const LabelMarginalArgs& args) {
  lacks(*this, "label_marginal", {args.logits, args.labels});
}
void Backend::label_marginal_grad(const LabelMarginalArgs& args) {
  lacks(*this, "label_marginal_grad", {args.logits, args.labels});
}
void Backend::all_pairs_lse(const AllPairsArgs& args) {
  lacks(*this, "all_pairs_lse", {args.u, args.v, args.scores});
}
void Backend::all_pairs_lse_grad(const AllPairsArgs& args) {
  lacks(*this, "all_pairs_lse_grad", {args.u, args.v, args.scores});
}

void Backend::gather(View out, ConstView x, ConstView index, int) {
  lacks(*this, "gather", {out, x, index});
}
void Backend::scatter_add(View out, ConstView index, ConstView src, int) {
  lacks(*this, "scatter_add", {out, index, src});
}
void Backend::index_select(View out, ConstView x, ConstView index, int) {
  lacks(*this, "index_select", {out, x, index});
}
void Backend::index_add(View out, ConstView index, ConstView src, int) {
  lacks(*this, "index_add", {out, index, src});
}

void Backend::random(const RandomArgs& args) {
  lacks(*this, "random", {args.out});
}
void Backend::dropout(View out, ConstView x, double, PhiloxKey) {
  lacks(*this, "dropout", {out, x});
}

void Backend::grid_sample(const GridSampleArgs& args) {
  lacks(*this, "grid_sample", {args.x, args.grid, args.y});
}
void Backend::grid_sample_grad(const GridSampleArgs& args) {
  lacks(*this, "grid_sample_grad", {args.x, args.grid, args.dy});
}

void Backend::fuzzy_histogram(const FuzzyHistogramArgs& args) {
  lacks(*this, "fuzzy_histogram", {args.x, args.y, args.weight});
}
void Backend::fuzzy_histogram_grad(const FuzzyHistogramArgs& args) {
  lacks(*this, "fuzzy_histogram_grad", {args.grad, args.x, args.y});
}

void Backend::adam_step(const AdamArgs& args) {
  lacks(*this, "adam_step", {args.items.empty() ? ConstView() : ConstView(args.items.front().param)});
}
void Backend::sgd_step(const SgdArgs& args) {
  lacks(*this, "sgd_step", {args.items.empty() ? ConstView() : ConstView(args.items.front().param)});
}

}  // namespace infograd
