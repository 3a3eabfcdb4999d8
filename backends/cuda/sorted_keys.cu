#include <algorithm>
#include <bit>
#include <utility>

#include <cub/device/device_radix_sort.cuh>

#include <infograd/backends/cuda/launch.h>
#include <infograd/backends/cuda/sorted_keys.h>

namespace infograd::cuda {

__global__ void __launch_bounds__(kThreads) count_kernel(int64_t n, int64_t* out) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i < n) out[i] = i;
}

void SortedKeys::sort(uint64_t largest) {
  count_kernel<<<blocks_for(n_, kThreads), kThreads, 0, stream()>>>(n_, order_);
  check_launch("sort");
  sort_again(largest);
}

void SortedKeys::sort_again(uint64_t largest) {
  const int bits = std::max(1, static_cast<int>(std::bit_width(largest)));
  const auto run = [&](void* room, size_t& room_bytes) {
    check(cub::DeviceRadixSort::SortPairs(room, room_bytes, reinterpret_cast<const uint64_t*>(part(0)),
                                          reinterpret_cast<uint64_t*>(part(1)),
                                          static_cast<const int64_t*>(order_), spare_, n_, 0, bits, stream()),
          "sort");
  };
  size_t room_bytes = 0;
  run(nullptr, room_bytes);
  const Scratch room(room_bytes);
  run(room.data(), room_bytes);
  std::swap(order_, spare_);
}

}  // namespace infograd::cuda
