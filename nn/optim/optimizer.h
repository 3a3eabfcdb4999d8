// What all optimizers share: parameter groups, rate and schedule, gradients, state for checkpoints.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <infograd/core/tensor.h>
#include <infograd/nn/load_state.h>
#include <infograd/nn/state_dict.h>

namespace infograd::optim {

using nn::LoadPolicy;
using nn::StateDict;

/// Parameters that share settings.
struct Group {
  StateDict parameters = {};                          ///< with their names, as from module.named_parameters()
  double lr_scale = 1;                                ///< multiplies the optimizer's rate
  std::optional<double> weight_decay = std::nullopt;  ///< replaces the optimizer's
};
using Groups = std::vector<Group>;

/// What an optimizer is built from: model.named_parameters(), model.parameters() (named "0", "1", ... in the
/// state), or Groups{{.parameters = encoder.named_parameters(), .lr_scale = 0.1}, {.parameters =
/// head.named_parameters()}}.
class INFOGRAD_API Parameters {
 public:
  Parameters(StateDict named);  // NOLINT(google-explicit-constructor): one constructor per optimizer
  Parameters(const std::vector<Tensor>& list);  // NOLINT(google-explicit-constructor)
  Parameters(Groups groups);                    // NOLINT(google-explicit-constructor)
  const Groups& groups() const { return groups_; }

 private:
  Groups groups_;
};

/// Learning rate of the update number `step` (0 = the first) from the rate in the options.
using Schedule = std::function<double(double base_lr, int64_t step)>;

/// Base of all optimizers. Throws ValueError when built from an empty list, from a tensor given twice, or
/// from one that is not a dense floating leaf. Parameters without a gradient are skipped; one that is skipped
/// keeps its own step count.
class INFOGRAD_API Optimizer {
 public:
  virtual ~Optimizer();
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One update of all parameters. SGD, Adam and AdamW make one backend call per group and allocate nothing
  /// after the first.
  void step();
  /// Drops all gradients.
  void zero_grad();

  /// Updates made so far.
  int64_t steps() const { return steps_; }
  /// Rate of the next update.
  double lr() const;
  /// Replaces the base rate.
  void set_lr(double lr);
  /// From now on step() computes its rate by `schedule`, see schedule.h.
  void set_schedule(Schedule schedule) { schedule_ = std::move(schedule); }

  /// Everything that continuing needs: "<param>.<slot>", "<param>.step", "step" and "lr" (the base rate); a
  /// checkpoint file puts "optim." before them. Slots alias the optimizer: clone() them to keep a snapshot.
  StateDict state() const;
  /// Puts a state back; all or nothing; errors as Module::load. The next step is then bit-identical to the
  /// one that an uninterrupted run makes.
  nn::LoadReport load(const StateDict& state, LoadPolicy policy = LoadPolicy::strict);

 protected:
  /// One parameter with what the optimizer remembers about it.
  struct Item {
    std::string name;
    Tensor parameter;
    Tensor gradient;            ///< set during step() only, same geometry as the parameter
    std::vector<Tensor> slots;  ///< same geometry as the parameter
    int64_t steps = 0;          ///< updates of this parameter
  };
  /// Items [begin, end) of one group, device, dtype and step count: what one fused kernel call takes.
  struct Run {
    Item* const* begin;
    Item* const* end;
    double lr;            ///< schedule and group included
    double weight_decay;  ///< group included
    int64_t step;         ///< number of this update for these parameters, from 1
    Device device;
  };

  Optimizer(Parameters parameters, std::vector<std::string> slot_names, double lr, double weight_decay);
  virtual void update(const Run& run) = 0;
  /// Whether update() may be asked again, with another rate and step, for the replay of a captured step
  /// (cuda::Graph): true where it is one backend call that takes both from memory then.
  virtual bool follows_replays() const { return false; }
  /// Upper bound of the length of a run, to reserve argument arrays.
  size_t parameter_count() const { return items_.size(); }

 private:
  struct Range {
    size_t begin, end;
    double lr_scale, weight_decay;
  };
  /// What one call of update() was about, kept by a captured step.
  struct Update {
    std::vector<Item*> items;
    size_t group;
  };
  double checked_rate() const;
  void run_update(const std::vector<Item*>& items, const Range& group, double rate);
  void remember_for_replays(std::vector<Update> updates, double rate);
  void replay(const std::vector<Update>& updates, double captured_rate);

  std::vector<Item> items_;
  std::vector<Range> groups_;
  std::vector<Item*> active_;  // of the run being collected
  std::vector<std::string> slot_names_;
  Schedule schedule_;
  double lr_;
  int64_t steps_ = 0;
};

}  // namespace infograd::optim
