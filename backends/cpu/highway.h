// Private: how Highway is configured here. Include it before <hwy/foreach_target.h>.
//
// A kernel file compiles itself once per instruction set (HWY_TARGET_INCLUDE) and picks a copy at run time.
// Four copies: plain x86-64 (EMU128), SSE4, AVX2 with FMA, AVX-512.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
// Highway prefers its one-lane fallback with gcc below 12.3 because of a miscompiled 16-bit high product (gcc
// 106322). No kernel here multiplies 16-bit lanes, and the tests run at this level.
#define HWY_BROKEN_EMU128 0

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
