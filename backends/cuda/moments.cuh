// Private: one accumulated value per slice, however many blocks share it.
#pragma once

#include <infograd/backends/cuda/moments.h>
#include <infograd/backends/cuda/slices.cuh>

namespace infograd::cuda {

/// out[s] = what `policy` accumulates over slice s; the strides of out in `slices` are those of numbers.
template <class Policy, class T>
void accumulate_slices(std::string_view op, const Policy& policy, const Slices& slices, const T* x,
                       typename Policy::Acc* out) {
  using Acc = typename Policy::Acc;
  const SliceSchedule schedule = schedule_slices(slices, true);
  if (schedule.chunks == 1) return launch_slices(op, policy, slices, schedule, x, out);
  const Scratch partials(sizeof(Acc) * static_cast<size_t>(schedule.chunks * slices.kept.numel));
  launch_slices(op, policy, slices, schedule, x, out, partials.as<Acc>());
  const Slices rest = slices_of_partials(slices, schedule.chunks);
  launch_slices(op, Combined<Acc>{}, rest, schedule_slices(rest, false),
                static_cast<const Acc*>(partials.as<Acc>()), out);
}

}  // namespace infograd::cuda
