// The switch of a cuBLASLt of plain loops.
#pragma once

namespace infograd::plain {

/// From now on no product has an epilogue.
void refuse_epilogues(bool on);

}  // namespace infograd::plain
