// Private: backends/late_checks.h on a GPU. Needs no CUDA header.
#pragma once

#include <infograd/backends/late_checks.h>

namespace infograd::cuda {

void check_indices(const late::IndexCheck& check, const View& out, const ConstView& index, int device);
void check_values(late::Kind kind, std::string_view op, std::string_view what, const ConstView& x,
                  int device);
/// Makes the table.
void prepare_late_checks(int device);
/// Work was queued that may find something.
void expect_late_checks(int device);
void fetch_late_checks(int device);
void report_late_checks(int device);

}  // namespace infograd::cuda
