#include "objective.h"

namespace infomax {

using namespace ig;

namespace {

// A lower temperature gives a tighter bound, this one better features (docs/mnist_infomax.md).
constexpr double kTemperature = 0.5;

struct Pair {
  Tensor first, second;
};

Pair halves(const Tensor& both) {
  const int64_t n = both.size(0) / 2;
  return {slice(both, 0, 0, n), slice(both, 0, n)};
}

/// Deep InfoMax: the 64 units of one view against the locations of the other, both ways stacked into one
/// batch.
losses::Scores global_local_scores(const Model& model, const Tensor& views) {
  const Tensor local = model.encoder.local(views);
  const Pair global = halves(model.project(model.encoder.global(local)));
  const Pair map = halves(model.local_head(local));
  return losses::deep_infomax_critic(global.first, map.second, 8.0);
}

Pair embeddings(const Model& model, const Tensor& views) {
  return halves(model.project(model.encoder(views)));
}

/// Cosine of the projected views over a temperature; NWJ and its kin need it normalised, hence the learnt
/// constant.
losses::Scores pair_scores(Objective objective, const Model& model, const Tensor& views) {
  const Pair z = embeddings(model, views);
  const Tensor cosine =
      losses::separable_critic(z.first, z.second, {.temperature = kTemperature, .normalize = true});
  const bool needs_constant = objective == Objective::nwj || objective == Objective::smile;
  return needs_constant ? cosine - model.log_partition : cosine;
}

/// Zero mean and unit variance per unit: the scale of z is not information.
Tensor standardised(const Tensor& z) {
  const Tensor centred = z - mean(z, {0}, true);
  return centred * rsqrt(mean(square(centred), {0}, true) + 1e-5);
}

/// The gradient of information without its value, from scores of the projected views.
Tensor mige_loss(const Model& model, const Tensor& views, losses::Estimate* report) {
  const Pair z = embeddings(model, views);
  if (report != nullptr) {
    const NoGrad guard;
    losses::info_nce(pair_scores(Objective::mige, model, views), {.common = {.report = report}});
  }
  return -losses::mige_mi(standardised(z.first), standardised(z.second)).surrogate;
}

}  // namespace

Tensor objective_loss(Objective objective, const Model& model, const Tensor& views,
                      losses::Estimate* report) {
  switch (objective) {
    case Objective::infonce:
      return losses::info_nce(pair_scores(objective, model, views), {.common = {.report = report}});
    case Objective::ntxent: {
      const Pair z = embeddings(model, views);
      return losses::nt_xent(z.first, z.second, {.temperature = kTemperature, .common = {.report = report}});
    }
    case Objective::jsd:
      return losses::jsd(global_local_scores(model, views), {.common = {.report = report}});
    case Objective::dv:
      return losses::dv(pair_scores(objective, model, views), {.report = report});
    case Objective::mine: {
      losses::MineState state;
      state.load(model.mine_average);
      Tensor loss = losses::mine(pair_scores(objective, model, views), state, {.common = {.report = report}});
      const NoGrad guard;
      Tensor average = model.mine_average;
      copy_(average, state.save().to(average.device()));
      return loss;
    }
    case Objective::nwj:
      return losses::nwj(pair_scores(objective, model, views), {.common = {.report = report}});
    case Objective::smile:
      return losses::smile(pair_scores(objective, model, views), {.common = {.report = report}});
    case Objective::mige:
      return mige_loss(model, views, report);
  }
  throw ValueError("objective_loss: unknown objective");
}

void HeldOut::add(const Model& model, const Tensor& views) {
  const NoGrad guard;
  scores_.add(objective_ == Objective::jsd ? global_local_scores(model, views)
                                           : pair_scores(objective_, model, views));
}

losses::Estimate HeldOut::estimate() const {
  switch (objective_) {
    case Objective::infonce:
    case Objective::ntxent:
    case Objective::mige:
      return scores_.info_nce();
    case Objective::jsd:
      return scores_.plug_in();
    case Objective::dv:
    case Objective::mine:
      return scores_.dv();
    case Objective::nwj:
      return scores_.nwj();
    case Objective::smile:
      return scores_.smile();
  }
  throw ValueError("HeldOut: unknown objective");
}

}  // namespace infomax
