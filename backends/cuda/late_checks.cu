#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include <infograd/backends/capture.h>
#include <infograd/backends/cuda/indexing.h>
#include <infograd/backends/cuda/late_checks.h>
#include <infograd/backends/cuda/launch.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/backends/late_checks_body.h>
#include <infograd/backends/waits.h>
#include <infograd/core/device_memory.h>

namespace infograd::cuda {

__global__ void __launch_bounds__(kThreads)
    check_indices_kernel(late::IndexRange range, int64_t n, Offsets<1> offsets, const int64_t* index,
                         int64_t* out, late::Found* found) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i >= n) return;
  int64_t at[1];
  offsets.at(static_cast<uint32_t>(i), at);
  out[i] = range(index[at[0]], found);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    check_values_kernel(late::Kind kind, int64_t n, int64_t first, Offsets<1> offsets, const T* x,
                        late::Found* found) {
  const int64_t begin = int64_t{blockIdx.x} * kItems * kThreads + threadIdx.x;
  if (begin >= n) return;
  T values[kItems];  // all are read before the first is looked at; past the end the first stands in
  for (int j = 0; j < kItems; ++j) {
    const int64_t i = begin + j * kThreads;
    int64_t at[1];
    offsets.at(static_cast<uint32_t>(i < n ? i : begin), at);
    values[j] = x[at[0]];
  }
  for (int j = 0; j < kItems; ++j)
    if (begin + j * kThreads < n) late::look_at(kind, values[j], first + begin + j * kThreads, found);
}

namespace {

/// What a device found, and its way to the host.
class Table {
 public:
  Table() {
    const AllowInCapture allow;
    const size_t bytes = sizeof(late::Found) * late::kPlaces;
    check(cudaMalloc(reinterpret_cast<void**>(&found_), bytes), "late checks");
    check(cudaMallocHost(reinterpret_cast<void**>(&seen_), bytes), "late checks");
    check(cudaMallocHost(reinterpret_cast<void**>(&nothing_), bytes), "late checks");
    for (int i = 0; i < late::kPlaces; ++i) nothing_[i] = seen_[i] = {};
    clear();
  }

  late::Places places;
  std::atomic<bool> expected = false;

  late::Found* at(int place) { return found_ + place; }

  void fetch() {
    if (expected.exchange(false)) copy(seen_, found_, cudaMemcpyDeviceToHost);
  }
  // Looks whoever asked for the copy: what another thread fetched is reported by one of the two.
  void report(Device device) {
    const std::lock_guard lock(mutex_);
    const std::optional<std::string> text = places.describe(seen_, device);
    if (!text) return;
    std::copy_n(nothing_, late::kPlaces, seen_);
    clear();
    throw ValueError(*text);
  }

 private:
  void clear() { copy(found_, nothing_, cudaMemcpyHostToDevice); }
  static void copy(void* to, const void* from, cudaMemcpyKind kind) {
    check(cudaMemcpyAsync(to, from, sizeof(late::Found) * late::kPlaces, kind, stream()), "late checks");
  }

  late::Found* found_ = nullptr;
  late::Found* seen_ = nullptr;
  late::Found* nothing_ = nullptr;
  std::mutex mutex_;
};

std::array<Table*, memory::kMaxDevices> tables{};
std::mutex mutex;

/// That of the current device; never destroyed, as its stream.
Table& table() {
  const std::lock_guard lock(mutex);
  Table*& instance = tables[static_cast<size_t>(current_device())];
  if (instance == nullptr) instance = new Table;
  return *instance;
}
/// The same if there is one.
Table* existing_table(int device) {
  const std::lock_guard lock(mutex);
  return tables[static_cast<size_t>(device)];
}

void queued(int device) {
  table().expected = true;
  if (waits::mode() != waits::Mode::every_launch || Capture::current() != nullptr) return;
  fetch_late_checks(device);
  check(cudaStreamSynchronize(stream()), "late checks");
  report_late_checks(device);
}

}  // namespace

void check_indices(const late::IndexCheck& check, const View& out, const ConstView& index, int device) {
  const DeviceGuard guard(device);
  const auto loop = collapse<1>(index.shape, {&index.strides}, Order::row_major);
  late::Found* found = table().at(table().places.of(check));
  int64_t done = 0;
  for_each_part<1>(loop, [&](const Loop<1>& part, const std::array<int64_t, 1>& first) {
    check_indices_kernel<<<blocks_for(part.numel, kThreads), kThreads, 0, stream()>>>(
        late::IndexRange(check), part.numel, Offsets<1>(part), index.as<int64_t>() + first[0],
        out.as<int64_t>() + done, found);
    check_launch(check.op);
    done += part.numel;
  });
  queued(device);
}

void check_values(late::Kind kind, std::string_view op, std::string_view what, const ConstView& x,
                  int device) {
  const DeviceGuard guard(device);
  const auto loop = collapse<1>(x.shape, {&x.strides}, Order::row_major);
  late::Found* found = table().at(table().places.of_values(kind, op, what));
  visit_floating(op, x.dtype, [&](auto zero) {
    using T = decltype(zero);
    int64_t done = 0;
    for_each_part<1>(loop, [&](const Loop<1>& part, const std::array<int64_t, 1>& first) {
      check_values_kernel<<<blocks_for(part.numel, kThreads * kItems), kThreads, 0, stream()>>>(
          kind, part.numel, done, Offsets<1>(part), x.as<T>() + first[0], found);
      check_launch(op);
      done += part.numel;
    });
  });
  queued(device);
}

void prepare_late_checks(int device) {
  const DeviceGuard guard(device);
  table();
}

void expect_late_checks(int device) {
  if (Table* known = existing_table(device)) known->expected = true;
}

void fetch_late_checks(int device) {
  Table* known = existing_table(device);
  if (known == nullptr) return;
  const DeviceGuard guard(device);
  known->fetch();
}

void report_late_checks(int device) {
  Table* known = existing_table(device);
  if (known == nullptr) return;
  const DeviceGuard guard(device);
  known->report(Device::cuda(device));
}

}  // namespace infograd::cuda
