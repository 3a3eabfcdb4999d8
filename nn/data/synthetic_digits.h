// Handwriting-like digits drawn from strokes: a data set that needs no file.
#pragma once

#include <cstdint>

#include <infograd/nn/data/dataset.h>

namespace infograd::data {

struct SyntheticDigitsOptions {
  int64_t count = 10000;
  uint64_t seed = 0;
  Split split = Split::train;  ///< the splits of one seed share no sample
  double difficulty = 1;       ///< scales distortion and noise; 0 draws clean, upright digits
};

/// images u8 [count, 1, 28, 28], white ink on black, labels i64 [count], about ten per cent of each digit.
/// Every digit has several ways of writing; skeletons are jittered, rotated, sheared, scaled, shifted, bent
/// elastically, drawn with a pen of random width and blur, and covered with noise. Sample i depends on (seed,
/// split, i) only: not on count or threads.
INFOGRAD_API Dataset synthetic_digits(const SyntheticDigitsOptions& options = {});

}  // namespace infograd::data
