// Private: marks a function that host and device code share.
#pragma once

#if defined(__CUDACC__)
#define INFOGRAD_HD __host__ __device__
#else
#define INFOGRAD_HD
#endif
