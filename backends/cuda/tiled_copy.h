// Private: copies between layouts that are dense along different axes, such as a transpose: square tiles that
// are read along one and written along the other.
#pragma once

#include <optional>

#include <infograd/backends/cuda/indexing.h>
#include <infograd/backends/cuda/launch.h>

namespace infograd::cuda {

/// A loop as tiles over the axis along which the output is dense (`columns`) and that along which x is
/// (`rows`).
struct Tiles {
  static constexpr int kSide = 32, kAtOnce = kThreads / kSide, kPerThread = kSide / kAtOnce;
  Offsets<2> others;  ///< out and x, without the two axes
  Divider across, down;
  int64_t rows, columns, out_step, x_step;  ///< steps from row to row of out, from column to column of x
  int64_t count;

  struct Place {
    int64_t row, column, out, x;
  };
  INFOGRAD_HD Place place(uint32_t block) const {
    const uint32_t rest = across.divide(block), other = down.divide(rest);
    int64_t at[2];
    others.at(other, at);
    return {int64_t{rest - other * down.divisor} * kSide, int64_t{block - rest * across.divisor} * kSide,
            at[0], at[1]};
  }
};

/// Empty where x is dense along the same axis or none, repeats values there, or an axis is too short for
/// tiles.
inline std::optional<Tiles> tiles_of(const Loop<2>& loop) {
  constexpr int64_t kShortest = Tiles::kSide / 2;
  const auto inner = static_cast<size_t>(loop.rank - 1);
  size_t dense = 0;
  while (dense < inner && loop.stride[1][dense] != 1) ++dense;
  if (dense == inner || loop.stride[0][inner] != 1 || loop.stride[1][inner] <= 1) return std::nullopt;
  const int64_t rows = loop.extent[dense], columns = loop.extent[inner];
  if (rows < kShortest || columns < kShortest) return std::nullopt;
  Loop<2> others = loop;
  others.extent[dense] = others.extent[inner] = 1;
  others.numel = loop.numel / (rows * columns);
  const int64_t across = ceil_div(columns, Tiles::kSide), down = ceil_div(rows, Tiles::kSide);
  return Tiles{Offsets<2>(others),
               Divider(static_cast<uint32_t>(across)),
               Divider(static_cast<uint32_t>(down)),
               rows,
               columns,
               loop.stride[0][dense],
               loop.stride[1][inner],
               others.numel * across * down};
}

/// A block reads its tile, its threads meet, and it writes it.
template <class T>
struct TiledCopy {
  using Tile =
      T[Tiles::kSide][Tiles::kSide + 1];  ///< [column][row]; one more keeps the banks of memory apart
  Tiles tiles;
  T* out;
  const T* x;

  // All of a thread's elements are read before the first is put down; at the edges others stand in.
  INFOGRAD_HD void read(uint32_t block, int thread, Tile& tile) const {
    const Tiles::Place from = tiles.place(block);
    const int row = thread % Tiles::kSide, first = thread / Tiles::kSide;
    const T* const begin = x + from.x + smaller(from.row + row, tiles.rows - 1);
    T values[Tiles::kPerThread];
    for (int j = 0; j < Tiles::kPerThread; ++j)
      values[j] = begin[smaller(from.column + first + j * Tiles::kAtOnce, tiles.columns - 1) * tiles.x_step];
    for (int j = 0; j < Tiles::kPerThread; ++j) tile[first + j * Tiles::kAtOnce][row] = values[j];
  }
  INFOGRAD_HD void write(uint32_t block, int thread, const Tile& tile) const {
    const Tiles::Place to = tiles.place(block);
    const int column = thread % Tiles::kSide, first = thread / Tiles::kSide;
    T* const begin = out + to.out + to.column + column;
    for (int j = 0; j < Tiles::kPerThread; ++j) {
      const int row = first + j * Tiles::kAtOnce;
      if (to.row + row < tiles.rows && to.column + column < tiles.columns)
        begin[(to.row + row) * tiles.out_step] = tile[column][row];
    }
  }

 private:
  INFOGRAD_HD static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
};

}  // namespace infograd::cuda
