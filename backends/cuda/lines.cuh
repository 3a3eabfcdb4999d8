// Private: how the lanes of a line meet.
#pragma once

#include <string>
#include <string_view>

#include <infograd/backends/cuda/lines.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/core/error.h>

namespace infograd::cuda {

/// The combination of the values of all lanes of a slice, in every lane. `values` may be used again
/// afterwards.
template <int K, class Value, class F>
__device__ Value meet(const Lines<K>& lines, Value* values, int thread, Value value, F combine) {
  const int lane = lines.schedule.lane(thread);
  Value* const mine = values + lines.place(thread);
  *mine = value;
  for (int half = lines.schedule.lanes / 2; half > 0; half /= 2) {
    __syncthreads();
    if (lane < half) *mine = combine(*mine, mine[half * lines.schedule.per_block]);
  }
  __syncthreads();
  const Value result = values[lines.schedule.slice(thread)];
  __syncthreads();
  return result;
}

template <int K>
void check_lines(std::string_view op, const Lines<K>& lines) {
  if (lines.count > kMostElements) throw NotImplemented("cuda: " + std::string(op) + " of 2^31 rows or more");
}

template <int K>
unsigned blocks_of(const Lines<K>& lines) {
  return blocks_for(lines.count, lines.schedule.per_block);
}

}  // namespace infograd::cuda
