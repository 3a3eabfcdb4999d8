// Checkpoint: everything a run needs to go on as if it had never stopped, in one safetensors file.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <infograd/core/generator.h>
#include <infograd/nn/checkpoint/safetensors.h>
#include <infograd/nn/data/loader.h>
#include <infograd/nn/state_dict.h>

namespace infograd::checkpoint {

/// Names in the file: parameters and buffers as they are; `optim.PARAM.SLOT`; `counter.NAME` (i64
/// scalar); `generator.NAME` (u8 [32]); `loader.NAME` (u8 [48]); `extra.NAME`. Parameters may not begin with
/// one of these five words and a dot.
struct Checkpoint {
  nn::StateDict model{};
  nn::StateDict optimizer{};                  ///< "PARAM.SLOT"
  std::map<std::string, int64_t> counters{};  ///< "epoch", "step", "schedule.step", ...
  std::map<std::string, Generator::State> generators{};
  std::map<std::string, data::LoaderState> loaders{};
  nn::StateDict extra{};  ///< what else has a state: Plateau::state(), {"mine", MineState::save()}, ...
  Metadata metadata{};    ///< free text, e.g. "objective" = "infonce"
};

/// Writes atomically; a process killed at any moment leaves the old or the new file. Adds `format`,
/// `infograd_version` and `kind = checkpoint` to the metadata.
INFOGRAD_API void save(const std::string& path, const Checkpoint& checkpoint);
/// Reads what save wrote. A plain parameter file of another program gives a checkpoint with a model only.
INFOGRAD_API Checkpoint load(const std::string& path);

/// Parameters and buffers only (`kind = parameters`): what one publishes.
INFOGRAD_API void save_parameters(const std::string& path, const nn::StateDict& model,
                                  Metadata metadata = {});
/// The counter called `name`; throws ValueError listing those present when it is missing.
INFOGRAD_API int64_t counter(const Checkpoint& checkpoint, const std::string& name);

}  // namespace infograd::checkpoint
