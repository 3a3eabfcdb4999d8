#include <algorithm>
#include <bit>

#include <cub/device/device_radix_sort.cuh>

#include <infograd/backends/cuda/launch.h>
#include <infograd/backends/cuda/sorted_keys.h>

namespace infograd::cuda {

__global__ void __launch_bounds__(kThreads) count_kernel(int64_t n, int64_t* out) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i < n) out[i] = i;
}

void SortedKeys::sort(int64_t largest) {
  int64_t* const before = unsorted() + 3 * n_;
  count_kernel<<<blocks_for(n_, kThreads), kThreads, 0, stream()>>>(n_, before);
  check_launch("sort");
  const int bits = std::max(1, static_cast<int>(std::bit_width(static_cast<uint64_t>(largest))));
  const auto run = [&](void* room, size_t& room_bytes) {
    check(cub::DeviceRadixSort::SortPairs(room, room_bytes, unsorted(), unsorted() + n_, before,
                                          unsorted() + 2 * n_, n_, 0, bits, stream()),
          "sort");
  };
  size_t room_bytes = 0;
  run(nullptr, room_bytes);
  const Scratch room(room_bytes);
  run(room.data(), room_bytes);
}

}  // namespace infograd::cuda
