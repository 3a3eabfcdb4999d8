#include "tests/cuda/streams/lazy_cuda.h"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <infograd/core/generator.h>

// What the opaque handles of the runtime point to.
struct Moment {  // what an event stands for
  bool passed = false;
  cudaStream_t stream = nullptr;
};
using MomentPtr = std::shared_ptr<Moment>;
struct Work {
  std::function<void()> run;  // or, empty:
  MomentPtr awaited;
};
struct CUstream_st {
  std::deque<Work> queue;
  bool capturing = false, broken = false;
  std::vector<Work> captured;
};
struct CUevent_st {
  MomentPtr moment = std::make_shared<Moment>(Moment{true});  // never recorded: passed
};
struct CUgraph_st {
  std::vector<Work> work;
};
struct CUgraphExec_st {
  std::vector<Work> work;
};

namespace infograd::lazy {
namespace {

constexpr int kDevices = 2;
std::recursive_mutex mutex;
std::vector<cudaStream_t> streams;
double early = 0;
Generator random_moments(1);
int waited = 0, changes = 0;
size_t capacity = size_t{1} << 30U;
size_t used[kDevices] = {};
struct Block {
  size_t bytes;
  int device;  // -1: pinned memory of the host
};
std::map<void*, Block> blocks;

thread_local int device = 0;
thread_local cudaError_t last = cudaSuccess;
thread_local cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
thread_local cudaStream_t capturing = nullptr;

cudaError_t done(cudaError_t status = cudaSuccess) {
  if (status != cudaSuccess) last = status;
  return status;
}

void finish(const MomentPtr& moment);

void step(cudaStream_t stream) {
  const Work work = stream->queue.front();
  if (work.awaited)
    finish(work.awaited);
  else
    work.run();
  stream->queue.pop_front();
}
void finish(const MomentPtr& moment) {
  while (!moment->passed) step(moment->stream);
}

void perhaps_run() {
  if (streams.empty() || random_moments.uniform() >= early) return;
  cudaStream_t stream = streams[random_moments.below(streams.size())];
  for (uint64_t n = random_moments.below(6); n > 0 && !stream->queue.empty(); --n) step(stream);
}

/// What may not be called while this thread captures, unless it is allowed to.
bool forbidden() {
  if (capturing == nullptr || mode == cudaStreamCaptureModeRelaxed) return false;
  capturing->broken = true;
  return true;
}

void push(cudaStream_t stream, Work work) {
  if (stream->capturing)
    stream->captured.push_back(std::move(work));
  else
    stream->queue.push_back(std::move(work));
}

cudaError_t take(void** out, size_t bytes, int on) {
  const std::lock_guard lock(mutex);
  if (forbidden()) return done(cudaErrorStreamCaptureUnsupported);
  if (on >= 0 && used[on] + bytes > capacity) return done(cudaErrorMemoryAllocation);
  if (on >= 0) used[on] += bytes;
  *out = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(*out, 0xA5, bytes);
  blocks[*out] = {bytes, on};
  return done();
}
cudaError_t give(void* block) {
  const std::lock_guard lock(mutex);
  if (block == nullptr) return done();
  const auto found = blocks.find(block);
  if (found == blocks.end()) return done(cudaErrorInvalidValue);
  if (found->second.device >= 0) {  // waits for the device, as the real one
    for (cudaStream_t stream : streams)
      while (!stream->queue.empty()) step(stream);
    used[found->second.device] -= found->second.bytes;
  }
  std::memset(block, 0x5A, found->second.bytes);
  std::free(block);
  blocks.erase(found);
  return done();
}
bool in_block(const void* address) {
  auto next = blocks.upper_bound(const_cast<void*>(address));
  if (next == blocks.begin()) return false;
  --next;
  return static_cast<const char*>(address) < static_cast<const char*>(next->first) + next->second.bytes;
}

cudaError_t copy(void* out, const void* x, size_t bytes, cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  perhaps_run();
  if (in_block(x) && in_block(out)) {
    push(stream, {[=] { std::memcpy(out, x, bytes); }, {}});
  } else if (in_block(out)) {  // from memory that may be paged out: read at once
    const std::vector<char> values(static_cast<const char*>(x), static_cast<const char*>(x) + bytes);
    push(stream, {[=] { std::memcpy(out, values.data(), bytes); }, {}});
  } else {
    if (stream->capturing) return done(cudaErrorStreamCaptureUnsupported);
    while (!stream->queue.empty()) step(stream);
    std::memcpy(out, x, bytes);
  }
  return done();
}

}  // namespace

void run_early(double share, uint64_t seed) {
  const std::lock_guard lock(mutex);
  early = share;
  random_moments = Generator(seed);
}
void run_on(cudaStream_t stream, std::function<void()> f) {
  const std::lock_guard lock(mutex);
  perhaps_run();
  push(stream, {std::move(f), {}});
}
int waits() {
  return waited;
}
int device_changes() {
  return changes;
}
void set_capacity(size_t bytes) {
  capacity = bytes;
}

}  // namespace infograd::lazy

using namespace infograd::lazy;

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = kDevices;
  return done();
}
cudaError_t cudaGetDevice(int* index) {
  *index = device;
  return done();
}
cudaError_t cudaSetDevice(int index) {
  ++changes;
  if (index < 0 || index >= kDevices) return done(cudaErrorInvalidDevice);
  device = index;
  return done();
}
cudaError_t cudaGetLastError() {
  const cudaError_t status = last;
  last = cudaSuccess;
  return status;
}
const char* cudaGetErrorString(cudaError_t) {
  return "an error";
}
const char* cudaGetErrorName(cudaError_t status) {
  return status == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "cudaErrorUnknown";
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp*, int) {
  return done(cudaErrorNotSupported);
}
cudaError_t cudaDriverGetVersion(int*) {
  return done(cudaErrorNotSupported);
}
cudaError_t cudaRuntimeGetVersion(int*) {
  return done(cudaErrorNotSupported);
}

cudaError_t cudaMalloc(void** out, size_t bytes) {
  return take(out, bytes, device);
}
cudaError_t cudaFree(void* block) {
  return give(block);
}
cudaError_t cudaMallocHost(void** out, size_t bytes) {
  return take(out, bytes, -1);
}
cudaError_t cudaFreeHost(void* block) {
  return give(block);
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *total = capacity;
  *free = capacity - used[device];
  return done();
}
cudaError_t cudaMemcpyAsync(void* out, const void* x, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  return copy(out, x, bytes, stream);
}
cudaError_t cudaMemcpyPeerAsync(void* out, int, const void* x, int, size_t bytes, cudaStream_t stream) {
  return copy(out, x, bytes, stream);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const std::lock_guard lock(mutex);
  *stream = streams.emplace_back(new CUstream_st);
  return done();
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  while (!stream->queue.empty()) step(stream);
  std::erase(streams, stream);
  delete stream;
  return done();
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  if (stream->capturing) return done(cudaErrorStreamCaptureUnsupported);
  if (!stream->queue.empty()) ++waited;
  while (!stream->queue.empty()) step(stream);
  return done();
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const std::lock_guard lock(mutex);
  perhaps_run();
  push(stream, {{}, event->moment});
  return done();
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  return done();
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return done();
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  perhaps_run();
  event->moment = std::make_shared<Moment>(Moment{false, stream});
  push(stream, {[moment = event->moment] { moment->passed = true; }, {}});
  return done();
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  const std::lock_guard lock(mutex);
  perhaps_run();
  return done(event->moment->passed ? cudaSuccess : cudaErrorNotReady);
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const std::lock_guard lock(mutex);
  if (!event->moment->passed) ++waited;
  finish(event->moment);
  return done();
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* given) {
  std::swap(mode, *given);
  return done();
}
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const std::lock_guard lock(mutex);
  if (stream->capturing) return done(cudaErrorIllegalState);
  stream->capturing = true;
  stream->broken = false;
  stream->captured.clear();
  capturing = stream;
  return done();
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const std::lock_guard lock(mutex);
  if (!stream->capturing) return done(cudaErrorIllegalState);
  stream->capturing = false;
  capturing = nullptr;
  *graph = stream->broken ? nullptr : new CUgraph_st{stream->captured};
  return done(stream->broken ? cudaErrorStreamCaptureInvalidated : cudaSuccess);
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* launchable, cudaGraph_t graph, unsigned long long) {
  *launchable = new CUgraphExec_st{graph->work};
  return done();
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t launchable, cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  for (const Work& work : launchable->work) push(stream, work);
  return done();
}
cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t*, size_t* count) {
  *count = graph->work.size();
  return done();
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t launchable) {
  delete launchable;
  return done();
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return done();
}

}  // extern "C"
