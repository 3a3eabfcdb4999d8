#include <cmath>

#include <fmt/core.h>

#include <infograd/losses/report.h>

namespace infograd::losses {
namespace {

struct FlagName {
  Flag flag;
  const char* name;
  bool validity;
};
constexpr FlagName kFlags[] = {
    {Flag::no_negatives, "no_negatives", true},
    {Flag::near_cap, "near_cap", false},
    {Flag::finite_sample_bias_up, "finite_sample_bias_up", false},
    {Flag::low_ess, "low_ess", false},
    {Flag::ema_mismatch, "ema_mismatch", false},
    {Flag::exp_clamped, "exp_clamped", true},
    {Flag::clipped_fraction, "clipped_fraction", false},
    {Flag::q_worse_than_marginal, "q_worse_than_marginal", true},
    {Flag::bounds_inverted, "bounds_inverted", true},
    {Flag::looks_deterministic, "looks_deterministic", true},
    {Flag::negatives_biased, "negatives_biased", true},
    {Flag::constant_input, "constant_input", true},
    {Flag::ties, "ties", false},
    {Flag::singleton_class, "singleton_class", true},
    {Flag::small_batch_marginal, "small_batch_marginal", true},
    {Flag::clamped_ratio, "clamped_ratio", true},
    {Flag::nonfinite_input, "nonfinite_input", true},
};

}  // namespace

void Estimate::raise(Flag flag) {
  flags |= static_cast<uint32_t>(flag);
  for (const FlagName& entry : kFlags)
    if (entry.flag == flag && entry.validity && kind != Kind::not_mi) kind = Kind::neither;
}

double Estimate::needed_pairs() const {
  return std::ceil(std::exp(nats + 1));
}

std::string flag_names(uint32_t flags) {
  std::string names;
  for (const FlagName& entry : kFlags) {
    if ((flags & static_cast<uint32_t>(entry.flag)) == 0) continue;
    if (!names.empty()) names += ' ';
    names += entry.name;
  }
  return names;
}

std::string to_string(Kind kind) {
  switch (kind) {
    case Kind::lower:
      return "lower bound";
    case Kind::upper:
      return "upper bound";
    case Kind::neither:
      return "estimate";
    case Kind::not_mi:
      break;
  }
  return "not MI";
}

std::string to_string(const Estimate& estimate) {
  std::string text = fmt::format("{:.4f} nats", estimate.nats);
  if (std::isfinite(estimate.std_error)) text += fmt::format(" +- {:.4f}", estimate.std_error);
  text += ", " + to_string(estimate.kind);
  if (std::isfinite(estimate.cap)) text += fmt::format(", cap {:.4f}", estimate.cap);
  text += fmt::format(", {} pairs, {} negatives", estimate.n_pos, estimate.n_neg);
  if (estimate.flags != 0) text += " [" + flag_names(estimate.flags) + "]";
  return text;
}

}  // namespace infograd::losses
