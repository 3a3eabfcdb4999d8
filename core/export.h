// INFOGRAD_API marks what a shared library exports; everything else stays hidden.
#pragma once

#if defined(_WIN32)
#error "infograd supports Linux only"
#endif
#define INFOGRAD_API __attribute__((visibility("default")))
