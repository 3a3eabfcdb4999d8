// Private: what happens inside one tile of an all-pairs score matrix, vectorised. One exponential per entry
// serves its row and its column whenever a shared shift loses nothing; else two.
#pragma once

#include <cstdint>

namespace infograd::all_pairs {

/// rows x cols entries, `ld` apart from row to row.
template <class T>
struct Tile {
  T* data;
  int64_t rows, cols, ld;
};

/// Sums of e^(s - shift) over each row and each column. With separate shifts, row_shift and column_shift
/// differ by entry.
template <class T>
struct TileSums {
  T *row_sum, *column_sum;      ///< [rows], [cols], written
  T *row_shift, *column_shift;  ///< [rows], [cols], written: the shift that each sum has
};

/// `bounded`: all entries are known to lie in +-kSharedRange / 2; the shift is then 0 without looking.
void tile_sums(const Tile<const float>& s, bool bounded, const TileSums<float>& sums);
void tile_sums(const Tile<const double>& s, bool bounded, const TileSums<double>& sums);

/// g = row_grad_i e^(s - row_lse_i) + column_grad_j e^(s - column_lse_j); g may be s.
template <class T>
struct TileLse {
  const T *row_lse, *column_lse, *row_grad, *column_grad;
  T* scratch;  ///< [cols]
};
void tile_slope(const Tile<float>& g, const Tile<const float>& s, const TileLse<float>& lse);
void tile_slope(const Tile<double>& g, const Tile<const double>& s, const TileLse<double>& lse);

/// Widest spread of exponents under one shift: e^-60 is far inside the normal numbers of f32, and so are
/// terms 1e-10 below.
inline constexpr double kSharedRange = 60;

}  // namespace infograd::all_pairs
