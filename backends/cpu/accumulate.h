// Private: the accumulations that reductions are made of.
#pragma once

#include <cstdint>

namespace infograd {

/// With a centre c: squared_deviations sums (x - c)^2, sum_exp sums e^(x - c).
enum class Accumulation : uint8_t {
  sum,
  sum_squares,
  sum_abs,
  squared_deviations,
  sum_exp,
  product,
  max,
  min
};

/// The value of an empty accumulation.
double accumulation_start(Accumulation kind);
double combine(Accumulation kind, double a, double b);

/// Over n contiguous values.
double accumulate(Accumulation kind, const float* x, int64_t n, double center);
double accumulate(Accumulation kind, const double* x, int64_t n, double center);

/// acc[j] combined with the terms of x[r * stride + j], r < rows; center [n] or null.
void accumulate_rows(Accumulation kind, float* acc, const float* x, int64_t rows, int64_t stride, int64_t n,
                     const float* center);
void accumulate_rows(Accumulation kind, double* acc, const double* x, int64_t rows, int64_t stride, int64_t n,
                     const double* center);

}  // namespace infograd
