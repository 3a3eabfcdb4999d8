#include <cmath>

#include <infograd/losses/mi/population_infomax/objectives.h>
#include <infograd/losses/mi/population_infomax/orthonormal.h>
#include <infograd/losses/mi/population_infomax/solver.h>
#include <infograd/losses/mi/population_infomax/trace.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses {
namespace {

constexpr double kBiasStep = 0.1;

/// One descent: what is minimised, along which direction, and how a step is made feasible.
class Descent {
 public:
  Descent(const Tensor& x, const Tensor& c, NpiAlgorithm algorithm, const NpiOptions& options)
      : options_(options),
        x_(x),
        a_(std::sqrt(static_cast<double>(c.size(1)) / static_cast<double>(c.size(0)))),
        full_beta_(options.beta_unit * a_),
        algorithm_(algorithm),
        trace_(x, options.trace_every, options.trace_samples),
        c_(c),
        bias_(zeros({c.size(1)}, DType::f64)) {}

  NpiSolution run() {
    beta_ = full_beta_ / 2;
    here_ = evaluate(c_);
    double v = options_.v1;
    record({.epoch = 0, .v = v}, options_.t_max == 0);
    for (int t = 0; t < options_.t_max;) {
      ++t;
      if (t == options_.t0 + 1) {
        beta_ = full_beta_;
        phase_ = 2;
        here_ = evaluate(c_);
        if (options_.reset_v) v = options_.v1;
      }
      const bool accepted = epoch(t, v);
      if (accepted) continue;
      if (phase_ == 2) return {c_, bias_, beta_, std::move(history_), true};
      t = options_.t0;  // the next epoch begins phase 2
    }
    return {c_, bias_, beta_, std::move(history_), false};
  }

 private:
  bool constrained() const {
    return algorithm_ != NpiAlgorithm::complete || phase_ == 1 || options_.keep_constraint;
  }

  NpiValue evaluate(const Tensor& c) {
    ++evaluations_;
    NpiPopulation population{.beta = beta_, .a = a_, .chunk = options_.chunk};
    if (algorithm_ == NpiAlgorithm::canonical) return npi_q_canonical(c, x_, population);
    if (algorithm_ == NpiAlgorithm::overcomplete) return npi_q_hat(c, x_, population);
    if (options_.learn_bias) population.bias = bias_;
    return constrained() ? npi_q1(c, x_, population) : npi_q2(c, x_, population);
  }

  Tensor direction() const {
    const Tensor& g = here_.gradient;
    if (constrained()) return matmul(matmul(c_, transpose(g)), c_) - g;
    return -matmul(c_, matmul(transpose(c_), g));  // the natural gradient
  }
  /// How far from stationary. Without constraint max |I + <y omega^T>|.
  double residual(const Tensor& direction) const {
    return max(abs(constrained() ? direction : matmul(transpose(c_), here_.gradient))).item();
  }
  Tensor retract(const Tensor& c) const {
    if (!constrained()) return c;
    return options_.retraction == NpiRetraction::gs ? gs_rows(c) : polar(c);
  }

  /// One step; v shrinks until a candidate is better. False when none is.
  bool epoch(int t, double& v) {
    const Tensor d = direction();
    const double kappa = mean(norm(d, 2, {0}) / norm(c_, 2, {0})).item();
    NpiEpoch entry{.epoch = t, .kappa = kappa, .residual = residual(d)};
    bool accepted = false;
    while (kappa > 0 && !accepted && v >= options_.v_min) {
      const Tensor moved = c_ + d * (v / kappa);
      Tensor feasible = retract(moved);
      const bool judge_feasible = options_.objective_after_retraction;
      NpiValue next = evaluate(judge_feasible ? feasible : moved);
      accepted = next.value < here_.value;
      if (accepted) {
        c_ = feasible;
        here_ = judge_feasible || !constrained() ? std::move(next) : evaluate(c_);
      } else {
        v *= options_.tau;
        ++entry.backtracks;
      }
    }
    if (accepted && options_.learn_bias) {
      bias_ = bias_ - here_.bias_gradient * kBiasStep;
      here_ = evaluate(c_);
    }
    entry.v = v;
    record(entry, t == options_.t_max || (!accepted && phase_ == 2));
    return accepted;
  }

  void record(NpiEpoch entry, bool last) {
    entry.phase = phase_;
    entry.beta = beta_;
    entry.objective = here_.value;
    entry.evaluations = evaluations_;
    trace_.measure(entry, c_, a_, last);
    history_.push_back(entry);
  }

  const NpiOptions& options_;
  Tensor x_;
  double a_, full_beta_;
  NpiAlgorithm algorithm_;
  NpiTrace trace_;
  Tensor c_, bias_;
  double beta_ = 0;
  int phase_ = 1, evaluations_ = 0;
  NpiValue here_;
  std::vector<NpiEpoch> history_;
};

}  // namespace

NpiSolution npi_descend(const Tensor& x_hat, const Tensor& c, NpiAlgorithm algorithm,
                        const NpiOptions& options) {
  return Descent(x_hat, c, algorithm, options).run();
}

}  // namespace infograd::losses
