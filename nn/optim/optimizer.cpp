#include <algorithm>
#include <cmath>
#include <unordered_set>

#include <infograd/autograd/grad_mode.h>
#include <infograd/backends/capture.h>
#include <infograd/core/check.h>
#include <infograd/core/dense.h>
#include <infograd/nn/optim/optimizer.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/inplace.h>

namespace infograd::optim {

namespace {

bool same_kind(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && a.device() == b.device();
}

/// `gradient` laid out as the parameter, which the fused kernels rely on.
Tensor fit(const Tensor& gradient, const Tensor& parameter, const std::string& name) {
  if (!same_kind(gradient, parameter))
    fail<ValueError>("Optimizer: the gradient of `{}` is {}, the parameter {}", name, describe(gradient),
                     describe(parameter));
  if (gradient.strides() == parameter.strides()) return gradient;
  if (gradient.is_contiguous() && parameter.is_contiguous())
    return gradient;  // strides of unit axes do not matter
  Tensor copy = empty_strided(parameter.shape(), parameter.strides(), parameter.dtype(), parameter.device());
  return copy_(copy, gradient);
}

}  // namespace

Parameters::Parameters(StateDict named) {
  groups_.push_back({.parameters = std::move(named)});
}

Parameters::Parameters(const std::vector<Tensor>& list) : groups_(1) {
  for (size_t i = 0; i < list.size(); ++i) groups_[0].parameters.emplace_back(std::to_string(i), list[i]);
}

Parameters::Parameters(Groups groups) : groups_(std::move(groups)) {}

Optimizer::~Optimizer() = default;

Optimizer::Optimizer(Parameters parameters, std::vector<std::string> slot_names, double lr,
                     double weight_decay)
    : slot_names_(std::move(slot_names)) {
  set_lr(lr);
  std::unordered_set<std::string> names;
  std::unordered_set<const TensorImpl*> tensors;
  const NoGrad guard;
  for (const Group& group : parameters.groups()) {
    const size_t begin = items_.size();
    for (const auto& [name, tensor] : group.parameters) {
      check<ValueError>(
          tensor.defined() && is_floating(tensor.dtype()) && tensor.is_leaf() && is_dense(tensor),
          "Optimizer: parameter `{}` is {}, expected a dense floating leaf", name, describe(tensor));
      check<ValueError>(names.insert(name).second && tensors.insert(&tensor.impl()).second,
                        "Optimizer: parameter `{}` {} is given twice", name, describe(tensor));
      Item item{.name = name, .parameter = tensor, .gradient = {}, .slots = {}, .steps = 0};
      for (size_t slot = 0; slot < slot_names_.size(); ++slot) {
        Tensor zeros = empty_strided(tensor.shape(), tensor.strides(), tensor.dtype(), tensor.device());
        item.slots.push_back(fill_(zeros, 0));
      }
      items_.push_back(std::move(item));
    }
    const double decay = group.weight_decay.value_or(weight_decay);
    check<ValueError>(decay >= 0 && group.lr_scale >= 0,
                      "Optimizer: weight decay {} and lr_scale {}, expected both at least 0", decay,
                      group.lr_scale);
    groups_.push_back({begin, items_.size(), group.lr_scale, decay});
  }
  check<ValueError>(
      !items_.empty(),
      "Optimizer: the parameter list is empty; usual cause: layers that were not declared with child()");
  active_.reserve(items_.size());
}

double Optimizer::lr() const {
  return schedule_ ? schedule_(lr_, steps_) : lr_;
}

void Optimizer::set_lr(double lr) {
  check<ValueError>(std::isfinite(lr) && lr >= 0,
                    "Optimizer: the learning rate is {}, expected a finite one, at least 0", lr);
  lr_ = lr;
}

double Optimizer::checked_rate() const {
  const double rate = lr();
  check<ValueError>(
      rate >= 0 && std::isfinite(rate),
      "Optimizer: the rate of update {} is {}, expected a finite number of at least 0; usual cause: a "
      "schedule that divides by zero steps",
      steps_, rate);
  return rate;
}

void Optimizer::run_update(const std::vector<Item*>& items, const Range& group, double rate) {
  const Item& first = *items.front();
  update({.begin = items.data(),
          .end = items.data() + items.size(),
          .lr = rate * group.lr_scale,
          .weight_decay = group.weight_decay,
          .step = first.steps + 1,
          .device = first.parameter.device()});
  for (Item* item : items) {
    ++item->steps;
    item->parameter.impl().storage->bump_version();
    item->gradient = Tensor();
  }
}

void Optimizer::step() {
  const NoGrad guard;
  const double rate = checked_rate();
  active_.clear();  // an update that threw may have left some
  const Capture* const capture = Capture::current();
  // All gradients are checked before the first parameter changes.
  for (Item& item : items_) {
    if (!item.slots.empty() && !same_kind(item.slots[0], item.parameter))
      fail<ValueError>(
          "Optimizer: `{}` is now {}, its state {}; build the optimizer after moving or "
          "converting the module",
          item.name, describe(item.parameter), describe(item.slots[0]));
    const Tensor gradient = item.parameter.grad();
    if (capture != nullptr && gradient.defined() && !(gradient.device() == capture->device()))
      fail<ValueError>(
          "Optimizer: `{}` is {} on {}, but the step that is captured works on {}: a replay would leave it "
          "out; move it there, or step it by an optimizer outside of the step",
          item.name, describe(item.parameter), to_string(item.parameter.device()),
          to_string(capture->device()));
    item.gradient = gradient.defined() ? fit(gradient, item.parameter, item.name) : Tensor();
  }
  std::vector<Update> captured;
  for (size_t g = 0; g < groups_.size(); ++g) {
    const Range& group = groups_[g];
    const auto flush = [&] {
      if (active_.empty()) return;
      if (capture != nullptr) captured.push_back({active_, g});
      run_update(active_, group, rate);
      active_.clear();
    };
    for (size_t i = group.begin; i < group.end; ++i) {
      Item& item = items_[i];
      if (!item.gradient.defined()) continue;
      if (!active_.empty()) {
        const Item& first = *active_.front();
        if (first.steps != item.steps || first.parameter.dtype() != item.parameter.dtype() ||
            first.parameter.device() != item.parameter.device())
          flush();
      }
      active_.push_back(&item);
    }
    flush();
  }
  ++steps_;
  if (capture != nullptr) remember_for_replays(std::move(captured), rate);
}

void Optimizer::remember_for_replays(std::vector<Update> updates, double rate) {
  const auto shared = std::make_shared<const std::vector<Update>>(std::move(updates));
  Capture::current()->at_replay({.replay = [this, shared, rate] { replay(*shared, rate); },
                                 .undo =
                                     [this, shared] {
                                       --steps_;
                                       for (const Update& update : *shared)
                                         for (Item* item : update.items) --item->steps;
                                     }});
}

void Optimizer::replay(const std::vector<Update>& updates, double captured_rate) {
  const double rate = checked_rate();
  check<ValueError>(
      follows_replays() || rate == captured_rate,
      "Optimizer: the rate changed from {} to {}, but of this optimizer a captured step keeps the "
      "rate it was captured with; SGD, Adam and AdamW follow, others need Graph::reset()",
      captured_rate, rate);
  for (const Update& update : updates) {
    if (follows_replays()) {
      run_update(update.items, groups_[update.group], rate);
    } else {
      for (Item* item : update.items) ++item->steps;
    }
  }
  ++steps_;
}

void Optimizer::zero_grad() {
  for (Item& item : items_) item.parameter.zero_grad();
}

StateDict Optimizer::state() const {
  StateDict all{{"step", full({}, static_cast<double>(steps_), DType::i64)},
                {"lr", full({}, lr_, DType::f64)}};
  for (const Item& item : items_) {
    const std::string prefix = item.name + ".";
    for (size_t slot = 0; slot < slot_names_.size(); ++slot)
      all.emplace_back(prefix + slot_names_[slot], item.slots[slot]);
    all.emplace_back(prefix + "step", full({}, static_cast<double>(item.steps), DType::i64));
  }
  return all;
}

nn::LoadReport Optimizer::load(const StateDict& source, LoadPolicy policy) {
  const StateDict target = state();
  for (const auto& [name, value] : source)
    if (name == "lr" && value.defined() && value.numel() == 1 && value.dtype() == DType::f64) {
      const double lr = value.item<double>();
      check<ValueError>(std::isfinite(lr) && lr >= 0,
                        "Optimizer::load: the learning rate `lr` is {}; nothing was loaded", lr);
    }
  nn::LoadReport report = nn::load_state("Optimizer::load", target, source, policy);

  // Slots were written through their aliases; the counters in `target` are copies, in the order of state().
  auto entry = target.begin();
  steps_ = (entry++)->second.item<int64_t>();
  lr_ = (entry++)->second.item<double>();
  for (Item& item : items_) {
    entry += static_cast<std::ptrdiff_t>(slot_names_.size());
    item.steps = (entry++)->second.item<int64_t>();
  }
  return report;
}

}  // namespace infograd::optim
