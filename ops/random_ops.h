// Random tensors. Element i depends on the generator's position and i only: not on threads, not on the
// device.
#pragma once

#include <infograd/core/generator.h>
#include <infograd/core/tensor.h>

namespace infograd {

INFOGRAD_API Tensor rand_uniform(const Shape& shape, double low = 0, double high = 1,
                                 DType dtype = DType::f32, Generator& generator = default_generator(),
                                 Device device = cpu);
INFOGRAD_API Tensor rand_normal(const Shape& shape, double mean = 0, double std = 1, DType dtype = DType::f32,
                                Generator& generator = default_generator(), Device device = cpu);
/// 1 with probability p, else 0.
INFOGRAD_API Tensor rand_bernoulli(const Shape& shape, double p, DType dtype = DType::f32,
                                   Generator& generator = default_generator(), Device device = cpu);
/// i64 in low .. high-1, at most 2^32 of them, bounds within +-2^53.
INFOGRAD_API Tensor rand_integers(const Shape& shape, int64_t low, int64_t high,
                                  Generator& generator = default_generator(), Device device = cpu);
/// i64 [n], a uniform shuffle of 0..n-1.
INFOGRAD_API Tensor rand_permutation(int64_t n, Generator& generator = default_generator(),
                                     Device device = cpu);

}  // namespace infograd
