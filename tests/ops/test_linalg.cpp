// Linear algebra beyond the rows of op_cases: what the factors promise at sizes where blocked routines work,
// and what is said about mistakes.
#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/backends/registry.h>
#include <infograd/core/error.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/pairwise.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

#include "tests/message_of.h"

namespace infograd {
namespace {

using ::testing::HasSubstr;

Tensor normal(const Shape& shape, uint64_t seed = 1) {
  Generator generator(seed);
  return rand_normal(shape, 0, 1, DType::f64, generator);
}
Tensor symmetric(int64_t n) {
  const Tensor x = normal({n, n});
  return (x + transpose(x)) / std::sqrt(static_cast<double>(n));
}
double largest(const Tensor& x) {
  return max(abs(x)).item();
}

/// x with zeros below the diagonal.
Tensor upper(const Tensor& x) {
  const Tensor i = arange(x.size(0));
  return masked_fill(x, lt(unsqueeze(i, 0), unsqueeze(i, 1)), 0);
}

/// On both backends.
void on_each(const std::function<void()>& f) {
  for (const char* backend : {"reference", "cpu"}) {
    SCOPED_TRACE(backend);
    const BackendScope scope(backend);
    f();
  }
}

TEST(Linalg, EighDiagonalises) {
  on_each([] {
    for (const int64_t n : {1, 2, 33, 90}) {
      const Tensor a = symmetric(n);
      const auto [values, vectors] = linalg::eigh(a);
      EXPECT_LT(largest(matmul(a, vectors) - vectors * values), 1e-12) << n;
      EXPECT_LT(largest(matmul(transpose(vectors), vectors) - eye(n, DType::f64)), 1e-12) << n;
      if (n > 1) {
        EXPECT_GE(min(slice(values, 0, 1) - slice(values, 0, 0, n - 1)).item(), 0) << "ascending";
      }
    }
  });
}

TEST(Linalg, EighReadsTheLowerTriangle) {
  on_each([] {
    const Tensor values = linalg::eigh(tensor({{2, 99}, {1, 2}}, DType::f64)).values;
    EXPECT_NEAR(values.to_vector<double>()[0], 1, 1e-14);
    EXPECT_NEAR(values.to_vector<double>()[1], 3, 1e-14);
  });
}

TEST(Linalg, EighTopIsThePartOfEigh) {
  on_each([] {
    const int64_t n = 70;
    const Tensor a = symmetric(n);
    const linalg::Eigh all = linalg::eigh(a);
    for (const int64_t k : {int64_t{0}, int64_t{1}, int64_t{8}, int64_t{20}, n}) {
      const linalg::Eigh top = linalg::eigh_top(a, k);
      EXPECT_LT(largest(top.values - all.values), 1e-12);
      ASSERT_EQ(top.vectors.shape(), Shape({n, k}));
      if (k == 0) continue;
      const Tensor part = slice(all.vectors, 1, n - k);
      EXPECT_LT(largest(matmul(top.vectors, transpose(top.vectors)) - matmul(part, transpose(part))), 1e-11);
      EXPECT_LT(largest(abs(top.vectors) - abs(part)), 1e-10) << k;
    }
    int64_t asked = 0;
    linalg::eigh_top(a, [&](std::span<const double> values) {
      EXPECT_LT(values.front(), values.back());
      asked = static_cast<int64_t>(values.size());
      return int64_t{1};
    });
    EXPECT_EQ(asked, n);
  });
}

TEST(Linalg, CholeskyAndSolves) {
  on_each([] {
    const int64_t n = 80;
    const Tensor x = normal({n, n}), b = normal({n, 3}, 2);
    const Tensor a = matmul(x, transpose(x)) + eye(n, DType::f64);
    const Tensor l = linalg::cholesky(a);
    EXPECT_LT(largest(matmul(l, transpose(l)) - a), 1e-11);
    EXPECT_EQ(largest(upper(l) - l * eye(n, DType::f64)), 0);
    EXPECT_LT(largest(matmul(a, linalg::cholesky_solve(l, b)) - b), 1e-10);
    EXPECT_LT(largest(matmul(a, linalg::solve(a, b)) - b), 1e-10);
    EXPECT_LT(largest(matmul(a, linalg::inverse(a)) - eye(n, DType::f64)), 1e-10);
    EXPECT_NEAR(linalg::slogdet(a).logabsdet.item(), 2 * sum(log(sum(l * eye(n, DType::f64), {1}))).item(),
                1e-9);
  });
}

TEST(Linalg, QrIsThinAndUnique) {
  on_each([] {
    for (const Shape& shape : {Shape{90, 40}, Shape{40, 90}, Shape{65, 65}}) {
      const Tensor a = normal(shape);
      const auto [q, r] = linalg::qr(a);
      const int64_t k = std::min(shape[0], shape[1]);
      ASSERT_EQ(q.shape(), Shape({shape[0], k}));
      ASSERT_EQ(r.shape(), Shape({k, shape[1]}));
      EXPECT_LT(largest(matmul(q, r) - a), 1e-12);
      EXPECT_LT(largest(matmul(transpose(q), q) - eye(k, DType::f64)), 1e-12);
      EXPECT_GE(min(sum(slice(r, 1, 0, k) * eye(k, DType::f64), {1})).item(), 0);
      EXPECT_EQ(largest(slice(r, 1, 0, k) - upper(slice(r, 1, 0, k))), 0);
    }
  });
}

TEST(Linalg, SlogdetOfKnownMatrices) {
  on_each([] {
    const auto value = [](const Tensor& a) {
      const linalg::Slogdet s = linalg::slogdet(a);
      return s.sign.item() * std::exp(s.logabsdet.item());
    };
    EXPECT_NEAR(value(tensor({{1, 2}, {3, 4}}, DType::f64)), -2, 1e-13);
    EXPECT_NEAR(value(tensor({{0, 2}, {3, 0}}, DType::f64)), -6, 1e-13);
    EXPECT_NEAR(value(tensor({{0, 1, 0}, {0, 0, 1}, {1, 0, 0}}, DType::f64)), 1, 1e-13);
    const linalg::Slogdet singular = linalg::slogdet(zeros({2, 2}, DType::f64));
    EXPECT_EQ(singular.sign.item(), 0);
    EXPECT_EQ(singular.logabsdet.item(), -INFINITY);
  });
}

TEST(Linalg, SquaredDistancesKeepTheirDigits) {
  on_each([] {
    // Far from the origin the product has no digits left; equal rows are exactly equal.
    Tensor x = normal({40, 5}) * 1e-3 + 1000.0;
    x = concat({x, x}, 0);
    const Tensor d = squared_distances(x);
    const Tensor rows = unsqueeze(x, 1) - unsqueeze(x, 0);
    EXPECT_LT(largest(d - sum(square(rows), {2})), 1e-17);
    EXPECT_EQ(largest(d - transpose(d)), 0);
    for (int64_t i = 0; i < 40; ++i)
      EXPECT_EQ(d.to_vector<double>()[static_cast<size_t>(i * 80 + i + 40)], 0);
    EXPECT_LT(largest(squared_distances(x, slice(x, 0, 3, 9)) - slice(d, 1, 3, 9)), 1e-17);
  });
}

TEST(Linalg, MistakesAreExplained) {
  const Tensor a = eye(3, DType::f64), wide = zeros({2, 3}, DType::f64);
  EXPECT_THAT(message_of<ShapeError>([&] { linalg::eigh(wide); }), HasSubstr("linalg.eigh: a is f64[2, 3]"));
  EXPECT_THAT(message_of<ShapeError>([&] { linalg::cholesky(zeros({3})); }), HasSubstr("f32[3]"));
  EXPECT_THAT(message_of<DTypeError>([&] { linalg::qr(a.to(DType::bf16)); }), HasSubstr("bf16"));
  EXPECT_THAT(message_of<ShapeError>([&] { linalg::solve(a, wide); }), HasSubstr("does not fit b f64[2, 3]"));
  EXPECT_THAT(message_of<DTypeError>([&] { linalg::solve(a, eye(3)); }), HasSubstr("f32"));
  EXPECT_THAT(message_of<ShapeError>([&] { linalg::eigh_top(zeros({2, 3, 3}), 1); }), HasSubstr("[2, 3, 3]"));
  EXPECT_THAT(message_of<ValueError>([&] { linalg::eigh_top(a, 4); }), HasSubstr("4 vectors of 3"));
  EXPECT_THAT(message_of<ShapeError>([&] {
                squared_distances(a, zeros({2, 2}, DType::f64));
              }),
              HasSubstr("rows of one width"));
  on_each([&] {
    EXPECT_THAT(message_of<ValueError>([&] { linalg::eigh(a * NAN); }), HasSubstr("not finite"));
    EXPECT_THAT(message_of<ValueError>([&] {
                  linalg::cholesky(tensor({{1, 2}, {2, 1}}));
                }),
                HasSubstr("minor of order 2"));
    EXPECT_THAT(message_of<ValueError>([&] {
                  linalg::inverse(tensor({{1, 2}, {2, 4}}));
                }),
                HasSubstr("pivot 2"));
  });
  Tensor x = eye(2, DType::f64);
  x.set_requires_grad();
  EXPECT_THAT(message_of<NotImplemented>([&] { sum(linalg::eigh(x).values).backward(); }),
              HasSubstr("linalg.eigh: its derivative is not implemented"));
  EXPECT_THAT(message_of<NotImplemented>([&] { sum(linalg::qr(x).r).backward(); }), HasSubstr("linalg.qr"));
}

}  // namespace
}  // namespace infograd
