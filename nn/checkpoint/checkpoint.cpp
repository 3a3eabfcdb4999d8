#include <cstring>
#include <type_traits>

#include <infograd/core/check.h>
#include <infograd/core/version.h>
#include <infograd/nn/checkpoint/checkpoint.h>

namespace infograd::checkpoint {

namespace {

constexpr std::string_view kOptimizer = "optim.", kCounter = "counter.", kGenerator = "generator.",
                           kLoader = "loader.", kExtra = "extra.";

// Plain values as bytes: their layout is the 64-bit words of the struct, little-endian.
template <class T>
Tensor to_bytes(const T& value) {
  static_assert(std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>);
  Tensor out = empty({static_cast<int64_t>(sizeof(T))}, DType::u8);
  std::memcpy(out.raw_data(), &value, sizeof(T));
  return out;
}

template <class T>
T from_bytes(const std::string& path, const std::string& name, const Tensor& tensor) {
  check<IoError>(tensor.dtype() == DType::u8 && tensor.shape() == Shape{static_cast<int64_t>(sizeof(T))},
                 "{}: '{}' must be u8[{}], found {}", path, name, sizeof(T), describe(tensor));
  T value;
  std::memcpy(&value, tensor.raw_data(), sizeof(T));
  return value;
}

Tensor to_scalar(int64_t value) {
  Tensor out = empty({}, DType::i64);
  *out.data<int64_t>() = value;
  return out;
}

void check_parameter_names(const std::string& path, const nn::StateDict& model) {
  for (const auto& [name, tensor] : model)
    for (std::string_view prefix : {kOptimizer, kCounter, kGenerator, kLoader, kExtra})
      check<ValueError>(!name.starts_with(prefix),
                        "{}: the parameter '{}' has a name that checkpoints use themselves; "
                        "names may not begin with '{}'",
                        path, name, prefix);
}

Metadata described(Metadata metadata, const char* kind) {
  metadata["format"] = "infograd";
  metadata["infograd_version"] = INFOGRAD_VERSION;
  metadata["kind"] = kind;
  return metadata;
}

}  // namespace

void save(const std::string& path, const Checkpoint& checkpoint) {
  check_parameter_names(path, checkpoint.model);
  nn::StateDict all = checkpoint.model;
  const auto put = [&](std::string_view prefix, const std::string& name, Tensor tensor) {
    all.emplace_back(std::string(prefix) + name, std::move(tensor));
  };
  for (const auto& [name, tensor] : checkpoint.optimizer) put(kOptimizer, name, tensor);
  for (const auto& [name, value] : checkpoint.counters) put(kCounter, name, to_scalar(value));
  for (const auto& [name, state] : checkpoint.generators) put(kGenerator, name, to_bytes(state));
  for (const auto& [name, state] : checkpoint.loaders) put(kLoader, name, to_bytes(state));
  for (const auto& [name, tensor] : checkpoint.extra) put(kExtra, name, tensor);
  save_safetensors(path, all, described(checkpoint.metadata, "checkpoint"));
}

void save_parameters(const std::string& path, const nn::StateDict& model, Metadata metadata) {
  check_parameter_names(path, model);
  save_safetensors(path, model, described(std::move(metadata), "parameters"));
}

Checkpoint load(const std::string& path) {
  TensorFile file = load_safetensors(path);
  Checkpoint result;
  result.metadata = std::move(file.metadata);
  const auto kind = result.metadata.find("kind");
  const bool plain = kind == result.metadata.end() || kind->second != "checkpoint";
  for (auto& [name, tensor] : file.tensors) {
    const auto rest = [&](std::string_view prefix) { return name.substr(prefix.size()); };
    if (plain) {
      result.model.emplace_back(name, tensor);
    } else if (name.starts_with(kOptimizer)) {
      result.optimizer.emplace_back(rest(kOptimizer), tensor);
    } else if (name.starts_with(kExtra)) {
      result.extra.emplace_back(rest(kExtra), tensor);
    } else if (name.starts_with(kCounter)) {
      check<IoError>(tensor.dtype() == DType::i64 && tensor.numel() == 1, "{}: '{}' must be i64[], found {}",
                     path, name, describe(tensor));
      result.counters[rest(kCounter)] = *tensor.data<int64_t>();
    } else if (name.starts_with(kGenerator)) {
      result.generators[rest(kGenerator)] = from_bytes<Generator::State>(path, name, tensor);
    } else if (name.starts_with(kLoader)) {
      result.loaders[rest(kLoader)] = from_bytes<data::LoaderState>(path, name, tensor);
    } else {
      result.model.emplace_back(name, tensor);
    }
  }
  return result;
}

int64_t counter(const Checkpoint& checkpoint, const std::string& name) {
  const auto found = checkpoint.counters.find(name);
  if (found != checkpoint.counters.end()) return found->second;
  std::string present;
  for (const auto& [other, value] : checkpoint.counters) present += (present.empty() ? "" : ", ") + other;
  fail<ValueError>("checkpoint: no counter '{}'; present: {}", name, present.empty() ? "none" : present);
}

}  // namespace infograd::checkpoint
