#include <algorithm>
#include <atomic>
#include <cstring>

#include <infograd/backends/capture.h>
#include <infograd/backends/transfer.h>
#include <infograd/core/check.h>

namespace infograd {

namespace {

constexpr size_t kAlignment = 16;
constinit std::atomic<GraphDriverFactory> drivers = nullptr;
thread_local Capture* capture_of_thread = nullptr;
thread_local bool constants_only = false;

bool recording_on(Device device) {
  return capture_of_thread != nullptr && !capture_of_thread->replaying() &&
         capture_of_thread->device() == device;
}

bool same_sequence(const Generator::State& state, const PhiloxKey& key) {
  return state[0] == key.seed && state[1] == key.stream;
}

}  // namespace

GraphDriverFactory serve_graphs(GraphDriverFactory factory) {
  return drivers.exchange(factory);
}
GraphDriverFactory graph_driver_factory() {
  return drivers.load();
}

class Capture::Scope {
 public:
  Scope(Capture& capture, Phase phase) : capture_(capture) {
    check<ValueError>(capture_of_thread == nullptr,
                      "cuda::Graph: a step is being captured or replayed on this thread already; a captured "
                      "step cannot run another graph");
    capture_of_thread = &capture;
    capture.phase_ = phase;
    capture.next_place_ = 0;
  }
  ~Scope() {
    capture_.phase_ = Phase::idle;
    capture_of_thread = nullptr;
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Capture& capture_;
};

Capture::Capture(Device device, std::vector<Generator*> generators)
    : device_(device),
      table_(empty({static_cast<int64_t>(kTableBytes)}, DType::u8, device)),
      mirror_(kTableBytes) {
  for (Generator* generator : generators) {
    const auto known = [&](const Source& source) { return source.generator == generator; };
    if (std::any_of(sources_.begin(), sources_.end(), known)) continue;
    sources_.push_back({generator, generator->state()});
  }
  used_ = (sources_.size() * sizeof(PhiloxKey) + kAlignment - 1) / kAlignment * kAlignment;
  check<ValueError>(used_ <= kTableBytes, "cuda::Graph: {} generators are too many", sources_.size());
}

Capture* Capture::current() {
  return capture_of_thread;
}

void* Capture::address(size_t offset) const {
  return static_cast<std::byte*>(table_.raw_data()) + offset;
}

void Capture::write(size_t offset, const void* values, size_t bytes) {
  std::memcpy(mirror_.data() + offset, values, bytes);
}

const void* Capture::constants(const void* values, size_t bytes) {
  if (phase_ == Phase::recording) {
    const size_t offset = used_;
    check<Error>(offset + bytes <= kTableBytes,
                 "cuda::Graph: the step has more numbers that change from replay to replay than the {} bytes "
                 "kept for them; usual cause: very many optimizers or parameter groups in one step",
                 kTableBytes);
    used_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    places_.emplace_back(offset, bytes);
    write(offset, values, bytes);
    return address(offset);
  }
  check<Error>(
      next_place_ < places_.size() && places_[next_place_].second == bytes,
      "cuda::Graph: the replay asks for other numbers than the captured step; usual cause: an optimizer "
      "that was changed since, which needs reset()");
  const size_t offset = places_[next_place_++].first;
  write(offset, values, bytes);
  return address(offset);
}

PhiloxSource Capture::source_of(const PhiloxKey& key) const {
  for (size_t i = 0; i < sources_.size(); ++i) {
    const Source& source = sources_[i];
    if (!same_sequence(source.first, key)) continue;
    const uint64_t first = source.first[2], now = source.generator->state()[2];
    if (key.offset < first || key.offset >= now) continue;  // of another generator with this seed
    return {{key.seed, key.stream, key.offset - first},
            static_cast<const PhiloxKey*>(address(i * sizeof(PhiloxKey)))};
  }
  fail<ValueError>(
      "cuda::Graph: the step uses random numbers of a generator (seed {}, stream {}) that the graph does not "
      "know, or that were drawn before the step, so every replay would use the same ones; name the generator "
      "in GraphOptions::generators (a layer such as Dropout has its own: module.generators())",
      key.seed, key.stream);
}

std::vector<Generator::State> Capture::generator_states() const {
  std::vector<Generator::State> states;
  for (const Source& source : sources_) states.push_back(source.generator->state());
  return states;
}

void Capture::restore_generators(const std::vector<Generator::State>& states) {
  for (size_t i = 0; i < states.size(); ++i) sources_[i].generator->set_state(states[i]);
}

void Capture::write_keys() {
  for (size_t i = 0; i < sources_.size(); ++i) {
    const Generator::State state = sources_[i].generator->state();
    const PhiloxKey key{state[0], state[1], state[2]};
    write(i * sizeof(PhiloxKey), &key, sizeof(key));
  }
}

void Capture::record(const std::function<void()>& f) {
  const Scope scope(*this, Phase::recording);
  for (Source& source : sources_) source.first = source.generator->state();
  write_keys();
  try {
    f();
  } catch (...) {
    for (auto again = again_.rbegin(); again != again_.rend(); ++again) again->undo();
    for (Source& source : sources_) source.generator->set_state(source.first);
    again_.clear();
    places_.clear();
    throw;
  }
  for (Source& source : sources_) source.blocks = source.generator->state()[2] - source.first[2];
}

void Capture::replay() {
  const Scope scope(*this, Phase::replaying);
  const auto before = generator_states();
  write_keys();
  for (Source& source : sources_) source.generator->take(static_cast<int64_t>(4 * source.blocks));
  size_t done = 0;
  try {
    for (; done < again_.size(); ++done) again_[done].replay();
  } catch (...) {
    while (done > 0) again_[--done].undo();
    restore_generators(before);
    throw;
  }
}

void Capture::upload() const {
  const auto bytes = static_cast<int64_t>(used_);
  const Strides one{1};
  if (bytes > 0)
    transfer(View(table_.raw_data(), DType::u8, {bytes}, one), device_,
             ConstView(mirror_.data(), DType::u8, {bytes}, one), cpu);
}

ConstantsScope::ConstantsScope() : before_(constants_only) {
  constants_only = true;
}
ConstantsScope::~ConstantsScope() {
  constants_only = before_;
}
bool ConstantsScope::alive() {
  return constants_only;
}

void refuse_to_wait_in_capture(std::string_view who, Device device) {
  check<Error>(
      !recording_on(device),
      "cuda::Graph: {} waits for {}, which a captured step cannot: nothing in it has run yet. Read "
      "numbers such as the loss after the step, and leave out what looks at them on the host (reports "
      "of losses, clip_grad_norm, anomaly mode)",
      who, to_string(device));
}

void refuse_host_copy_in_capture(Device device) {
  check<Error>(
      !recording_on(device) || constants_only,
      "cuda::Graph: to({0}) inside a captured step would copy the same values at every replay. Keep "
      "one tensor on {0} for the input and fill it with copy_ before each call; make constants before "
      "the first",
      to_string(device));
}

}  // namespace infograd
