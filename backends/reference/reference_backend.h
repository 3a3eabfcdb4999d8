// Private: every op in plain loops with double accumulation. What each op *means*: oracle, textbook and
// fallback.
#pragma once

#include <infograd/backends/backend.h>

namespace infograd {

class ReferenceBackend : public Backend {
 public:
  std::string_view name() const override;

  void unary(UnaryOp op, View out, ConstView x, double p0, double p1) override;
  void unary_grad(UnaryOp op, View dx, ConstView dy, ConstView x, ConstView y, double p0, double p1) override;
  void binary(BinaryOp op, View out, ConstView a, ConstView b, double alpha) override;
  void where(View out, ConstView condition, ConstView a, ConstView b) override;
  void fill(View out, double value) override;
  void copy(View out, ConstView x) override;
  void reduce(ReduceOp op, View out, ConstView x, double param) override;
  void arg_reduce(ArgReduceOp op, View out, ConstView x, int axis) override;
  void cumsum(View out, ConstView x, int axis, bool exclusive, bool reverse) override;
  void gemm(const GemmArgs& args) override;
  void softmax(View out, ConstView x, int axis, bool log) override;
  void softmax_grad(View dx, ConstView dy, ConstView y, int axis, bool log) override;
  void all_pairs_lse(const AllPairsArgs& args) override;
  void all_pairs_lse_grad(const AllPairsArgs& args) override;
};

}  // namespace infograd
