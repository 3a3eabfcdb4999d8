// Private: the launches of linalg_body.h. Views as in backends/linalg.h.
#pragma once

#include <infograd/backends/view.h>

namespace infograd::cuda {

void keep_lower(const View& a);
void take_r(const ConstView& columns, const View& r, void* signs);
void write_determinant(const ConstView& lu, const int* pivots, const int* info, const View& sign,
                       const View& logabsdet);
/// An empty y stands for x; empty squares: `out` holds no products.
void finish_distances(const View& out, const ConstView& x, const ConstView& y, const ConstView& x_squares,
                      const ConstView& y_squares);

}  // namespace infograd::cuda
