// Random tensors: each takes its stretch of the generator's sequence, the backend fills element by element.
#include <utility>

#include <infograd/ops/random_ops.h>
#include <infograd/ops/support.h>

namespace infograd {

namespace {

Tensor draw(std::string_view op, RandomKind kind, const Shape& shape, double a, double b, DType dtype,
            Generator& generator, Device device) {
  for (int64_t extent : shape)
    check<ShapeError>(extent >= 0, "{}: shape {} has a negative extent", op, shape);
  Tensor out = empty(shape, dtype, device);
  const trace::Call call(op);
  backend_for(device).random(
      {.kind = kind, .out = View(out), .a = a, .b = b, .key = generator.take(out.numel())});
  return out;
}

void check_float_result(std::string_view op, DType dtype) {
  check<DTypeError>(is_floating(dtype),
                    "{}: dtype is {}, expected f32, f64 or bf16; for integers use rand_integers", op,
                    name(dtype));
}

}  // namespace

Tensor rand_uniform(const Shape& shape, double low, double high, DType dtype, Generator& generator,
                    Device device) {
  check_float_result("rand_uniform", dtype);
  check<ValueError>(low <= high, "rand_uniform: low {} is above high {}", low, high);
  return draw("rand_uniform", RandomKind::uniform, shape, low, high, dtype, generator, device);
}

Tensor rand_normal(const Shape& shape, double mean, double std, DType dtype, Generator& generator,
                   Device device) {
  check_float_result("rand_normal", dtype);
  check<ValueError>(std >= 0, "rand_normal: std is {}, expected at least 0", std);
  return draw("rand_normal", RandomKind::normal, shape, mean, std, dtype, generator, device);
}

Tensor rand_bernoulli(const Shape& shape, double p, DType dtype, Generator& generator, Device device) {
  check<ValueError>(p >= 0 && p <= 1, "rand_bernoulli: p is {}, expected a probability in [0, 1]", p);
  // Drawn as f32 and converted: masks and integers then agree with the floating draw of the same position.
  Tensor bits = draw("rand_bernoulli", RandomKind::bernoulli, shape, p, 0,
                     is_floating(dtype) ? dtype : DType::f32, generator, device);
  return bits.to(dtype);
}

Tensor rand_integers(const Shape& shape, int64_t low, int64_t high, Generator& generator, Device device) {
  check<ValueError>(low < high, "rand_integers: low {} must be below high {} (which is excluded)", low, high);
  constexpr int64_t exact = int64_t{1} << 53;  // bounds travel as doubles
  check<ValueError>(low >= -exact && high <= exact, "rand_integers: bounds {} and {} must lie within +-2^53",
                    low, high);
  check<ValueError>(high - low <= int64_t{1} << 32,
                    "rand_integers: {} .. {} holds {} values, expected at most 2^32: 32 random bits make one",
                    low, high, high - low);
  return draw("rand_integers", RandomKind::integers, shape, static_cast<double>(low),
              static_cast<double>(high), DType::i64, generator, device);
}

// Fisher-Yates on the host.
Tensor rand_permutation(int64_t n, Generator& generator, Device device) {
  check<ValueError>(n >= 0, "rand_permutation: n is {}, expected at least 0", n);
  Tensor out = empty({n}, DType::i64);
  auto* p = out.data<int64_t>();
  for (int64_t i = 0; i < n; ++i) p[i] = i;
  for (int64_t i = n - 1; i > 0; --i)
    std::swap(p[i], p[static_cast<int64_t>(generator.below(static_cast<uint64_t>(i) + 1))]);
  return out.to(device);
}

}  // namespace infograd
