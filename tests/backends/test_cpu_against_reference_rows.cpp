// Layer norm, cross-entropy, indexing, random numbers, sampling and optimizers.
#include "tests/backends/compare.h"

namespace infograd {
namespace {

using namespace test;

const Shape kRows[] = {{1, 1}, {3, 7}, {5, 64}, {17, 129}, {0, 4}, {400, 100}};

void layer_norm(Backend& backend, const std::vector<View>& out, const Tensor& x, const Tensor& w,
                const Tensor& b) {
  LayerNormArgs args;
  args.x = ConstView(x);
  args.weight = ConstView(w);
  args.bias = ConstView(b);
  args.y = out[0];
  args.mean = out[1];
  args.rstd = out[2];
  backend.layer_norm(args);
}

TEST(CpuLayerNorm, ForwardAndBackward) {
  for (const DType dtype : kFloating)
    for (const Shape& shape : kRows)
      for (const bool affine : {true, false}) {
        SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + (affine ? " affine" : ""));
        const Tensor x = input(shape, dtype, Layout::contiguous, [](int64_t i) { return mixed(i) + 2; });
        const Tensor dy = input(shape, dtype, Layout::contiguous, [](int64_t i) { return mixed(i * 5); });
        const Tensor w = affine ? input({shape[1]}, dtype, Layout::contiguous, positive) : Tensor();
        const Tensor b = affine ? input({shape[1]}, dtype, Layout::contiguous, mixed) : Tensor();
        const double ulps = 32;
        compare({{shape, dtype, Layout::contiguous, rounding(dtype, ulps)},
                 {{shape[0]}, dtype, Layout::contiguous, rounding(dtype, ulps)},
                 {{shape[0]}, dtype, Layout::contiguous, rounding(dtype, ulps)}},
                [&](Backend& backend, const auto& out) { layer_norm(backend, out, x, w, b); });

        const Tensor y = empty(shape, dtype), mean = empty({shape[0]}, dtype),
                     rstd = empty({shape[0]}, dtype);
        layer_norm(reference(), {View(y), View(mean), View(rstd)}, x, w, b);
        // Column sums over the rows cancel: errors scale with their number.
        const double column = ulps * std::max<double>(1, static_cast<double>(shape[0]) / 8);
        compare({{shape, dtype, Layout::contiguous, rounding(dtype, 4 * ulps)},
                 {{shape[1]}, dtype, Layout::contiguous, rounding(dtype, column)},
                 {{shape[1]}, dtype, Layout::contiguous, rounding(dtype, column)}},
                [&](Backend& backend, const auto& out) {
                  LayerNormGradArgs args;
                  args.dy = ConstView(dy);
                  args.x = ConstView(x);
                  args.weight = ConstView(w);
                  args.mean = ConstView(mean);
                  args.rstd = ConstView(rstd);
                  args.dx = out[0];
                  args.dweight = out[1];
                  args.dbias = out[2];
                  backend.layer_norm_grad(args);
                });
      }
}

TEST(CpuLayerNorm, BitsDoNotDependOnThreads) {
  const Shape shape{700, 130};
  const Tensor x = input(shape, DType::f32, Layout::contiguous, mixed),
               w = input({130}, DType::f32, Layout::contiguous, positive);
  expect_same_on_any_thread_count({{shape, DType::f32},
                                   {{700}, DType::f32},
                                   {{700}, DType::f32},
                                   {shape, DType::f32},
                                   {{130}, DType::f32},
                                   {{130}, DType::f32}},
                                  [&](Backend& backend, const auto& out) {
                                    layer_norm(backend, out, x, w, w);
                                    LayerNormGradArgs args;
                                    args.dy = args.x = ConstView(x);
                                    args.weight = ConstView(w);
                                    args.mean = out[1];
                                    args.rstd = out[2];
                                    args.dx = out[3];
                                    args.dweight = out[4];
                                    args.dbias = out[5];
                                    backend.layer_norm_grad(args);
                                  });
}

CrossEntropyArgs cross_entropy_args(const Tensor& z, const Tensor& labels, const Tensor& weight,
                                    double smoothing) {
  CrossEntropyArgs args;
  args.logits = ConstView(z);
  args.labels = ConstView(labels);
  args.weight = ConstView(weight);
  args.smoothing = smoothing;
  return args;
}

TEST(CpuCrossEntropy, ForwardAndBackward) {
  for (const DType dtype : kFloating)
    for (const Shape& shape : kRows)
      for (const double smoothing : {0.0, 0.2})
        for (const bool weighted : {false, true}) {
          SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + (weighted ? " weighted " : " ") +
                       std::to_string(smoothing));
          const int64_t rows = shape[0], classes = shape[1];
          const Tensor z = input(shape, dtype, Layout::contiguous, [](int64_t i) { return 3 * mixed(i); });
          const Tensor labels = input({rows}, DType::i64, Layout::sliced, [&](int64_t i) {
            return i % 5 == 4 ? -100.0 : static_cast<double>((i * 7) % classes);
          });
          const Tensor w = weighted ? input({classes}, dtype, Layout::contiguous, positive) : Tensor();
          compare({{{rows}, dtype, Layout::contiguous, rounding(dtype, 64)},
                   {{rows}, DType::f64, Layout::contiguous, rounding(dtype, 16)}},
                  [&](Backend& backend, const auto& out) {
                    CrossEntropyArgs args = cross_entropy_args(z, labels, w, smoothing);
                    args.loss = out[0];
                    args.lse = out[1];
                    backend.cross_entropy(args);
                  });
          const Tensor loss = empty({rows}, dtype), lse = empty({rows}, DType::f64),
                       g = input({rows}, dtype, Layout::contiguous, mixed);
          CrossEntropyArgs args = cross_entropy_args(z, labels, w, smoothing);
          args.loss = View(loss);
          args.lse = View(lse);
          reference().cross_entropy(args);
          args.grad = ConstView(g);
          compare({{shape, dtype, Layout::contiguous, rounding(dtype, 256)}},
                  [&](Backend& backend, const auto& out) {
                    CrossEntropyArgs backward = args;
                    backward.dlogits = out[0];
                    backend.cross_entropy_grad(backward);
                  });
        }
}

TEST(CpuCrossEntropy, MaskedClassesAndBitsOnAnyThreadCount) {
  const Tensor z = input({900, 60}, DType::f32, Layout::contiguous,
                         [](int64_t i) { return i % 60 == 7 ? -kInf : mixed(i); });
  const Tensor labels =
      input({900}, DType::i64, Layout::contiguous, [](int64_t i) { return static_cast<double>(i % 6); });
  const Tensor g = input({900}, DType::f32, Layout::contiguous, mixed);
  const auto run = [&](Backend& backend, const std::vector<View>& out) {
    CrossEntropyArgs args = cross_entropy_args(z, labels, {}, 0);
    args.loss = out[0];
    args.lse = out[1];
    backend.cross_entropy(args);
    args.grad = ConstView(g);
    args.dlogits = out[2];
    backend.cross_entropy_grad(args);
  };
  const double tolerance = rounding(DType::f32, 128);
  const std::vector<Output> outputs{{{900}, DType::f32, Layout::contiguous, tolerance},
                                    {{900}, DType::f64, Layout::contiguous, tolerance},
                                    {{900, 60}, DType::f32, Layout::contiguous, tolerance}};
  compare(outputs, run);
  expect_same_on_any_thread_count(outputs, run);
}

TEST(CpuIndex, GatherAndScatterAddInEveryTypeAndLayout) {
  for (const DType dtype : kAllTypes)
    for (const Layout layout : kInputLayouts)
      for (int axis = 0; axis < 3; ++axis) {
        SCOPED_TRACE(std::string(name(dtype)) + " " + describe(layout) + " axis " + std::to_string(axis));
        const Shape big{5, 33, 6};
        Shape small{4, 31, 5};
        small[axis] = 9;
        const auto value = [](int64_t i) { return static_cast<double>((i * 7) % 5); };
        const Tensor x = input(big, dtype, layout, value), src = input(small, dtype, layout, value);
        const Tensor index = input(small, DType::i64, layout,
                                   [&](int64_t i) { return static_cast<double>((i * 11) % big[axis]); });
        compare({{small, dtype, Layout::reversed}}, [&](Backend& backend, const auto& y) {
          backend.gather(y[0], ConstView(x), ConstView(index), axis);
        });
        if (dtype == DType::b8) continue;
        compare({{big, dtype, Layout::contiguous, 0, value}}, [&](Backend& backend, const auto& y) {
          backend.scatter_add(y[0], ConstView(index), ConstView(src), axis);
        });
      }
}

TEST(CpuIndex, SelectAndAddInEveryTypeAndLayout) {
  for (const DType dtype : kAllTypes)
    for (const Layout layout : kInputLayouts)
      for (int axis = 0; axis < 3; ++axis)
        for (const int64_t n : {0, 1, 40}) {
          SCOPED_TRACE(std::string(name(dtype)) + " " + describe(layout) + " axis " + std::to_string(axis));
          const Shape big{5, 33, 6};
          Shape small = big;
          small[axis] = n;
          const auto value = [](int64_t i) { return static_cast<double>((i * 7) % 5); };
          const Tensor x = input(big, dtype, layout, value), src = input(small, dtype, layout, value);
          const Tensor index = input({n}, DType::i64, Layout::contiguous,
                                     [&](int64_t i) { return static_cast<double>((i * 3) % big[axis]); });
          compare({{small, dtype, Layout::sliced}}, [&](Backend& backend, const auto& y) {
            backend.index_select(y[0], ConstView(x), ConstView(index), axis);
          });
          if (dtype == DType::b8) continue;
          compare({{big, dtype, Layout::contiguous, 0, value}}, [&](Backend& backend, const auto& y) {
            backend.index_add(y[0], ConstView(index), ConstView(src), axis);
          });
        }
}

TEST(CpuIndex, BitsDoNotDependOnThreads) {
  const Tensor src = input({3000, 40}, DType::f32, Layout::contiguous, mixed);
  const Tensor index = input({3000}, DType::i64, Layout::contiguous,
                             [](int64_t i) { return static_cast<double>((i * i) % 11); });
  expect_same_on_any_thread_count(
      {{{11, 40}, DType::f32, Layout::contiguous, 0, mixed}, {{3000, 40}, DType::f32}},
      [&](Backend& backend, const auto& y) {
        backend.index_add(y[0], ConstView(index), ConstView(src), 0);
        backend.index_select(y[1], y[0], ConstView(index), 0);
      });
}

constexpr PhiloxKey kKeys[] = {
    {42, 7, 1000}, {1ULL << 40, 3ULL << 33, 0xFFFFFFFAULL}, {~0ULL, ~0ULL, 0xFFFFFFFFFFFFFFFCULL}};

TEST(CpuRandom, EveryKindTypeAndCount) {
  for (const PhiloxKey& key : kKeys)  // the second carries into the upper half of the counter
    for (const int64_t n : {0, 1, 3, 5, 64, 1000, 70001}) {
      SCOPED_TRACE(std::to_string(key.offset) + ": " + std::to_string(n));
      const auto draw = [&](RandomKind kind, DType dtype, double a, double b, double tolerance) {
        compare({{{n}, dtype, Layout::contiguous, tolerance}}, [&](Backend& backend, const auto& out) {
          backend.random({.kind = kind, .out = out[0], .a = a, .b = b, .key = key});
        });
      };
      for (const DType dtype : kFloating) {
        draw(RandomKind::uniform, dtype, 0, 1, 0);
        draw(RandomKind::uniform, dtype, -1.3, 2.7, 0);
        // The angle, up to 2 pi, is rounded; times a radius of up to 6.7 and the standard deviation.
        draw(RandomKind::normal, dtype, 0.5, 2, rounding(dtype, 2 * 3.15 * 6.7 * 2));
      }
      for (const DType dtype : kAllTypes) draw(RandomKind::bernoulli, dtype, 0.3, 0, 0);
      draw(RandomKind::integers, DType::i64, -5, 1000, 0);
      draw(RandomKind::integers, DType::i64, 0, 4294967296.0, 0);
      draw(RandomKind::integers, DType::u8, 0, 256, 0);
    }
}

TEST(CpuRandom, BitsDoNotDependOnThreads) {
  for (const RandomKind kind : {RandomKind::uniform, RandomKind::normal, RandomKind::bernoulli})
    expect_same_on_any_thread_count({{{100003}, DType::f32}}, [&](Backend& backend, const auto& out) {
      backend.random({.kind = kind, .out = out[0], .a = 0.3, .b = 1, .key = kKeys[0]});
    });
}

TEST(CpuDropout, EveryTypeAndLayout) {
  for (const DType dtype : kFloating)
    for (const Shape& shape :
         {Shape{}, Shape{7}, Shape{33, 65}, Shape{2, 3, 4, 5}, Shape{0, 2}, Shape{3, 11001}})
      for (const Layout in : kInputLayouts)
        for (const Layout out : kOutputLayouts)
          for (const double p : {0.0, 0.25, 0.7, 1.0}) {
            if (shape.numel() > 10000 && (in != Layout::contiguous || out != Layout::contiguous)) continue;
            SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + " " + describe(in) + " p " +
                         std::to_string(p));
            const Tensor x = input(shape, dtype, in, positive);
            const auto run = [&](Backend& backend, const std::vector<View>& y) {
              backend.dropout(y[0], ConstView(x), p, kKeys[1]);
            };
            compare({{shape, dtype, out, rounding(dtype, 2)}}, run);
            if (in == Layout::contiguous && shape.numel() > 10000)
              expect_same_on_any_thread_count({{shape, dtype}}, run);
          }
}

TEST(CpuGridSample, ForwardAndBackward) {
  for (const DType dtype : {DType::f32, DType::f64})
    for (const bool align : {false, true})
      for (const PaddingMode padding : {PaddingMode::zeros, PaddingMode::border})
        for (const Layout layout :
             {Layout::contiguous, Layout::channels_last, Layout::reversed, Layout::repeat_first}) {
          SCOPED_TRACE(std::string(name(dtype)) + " " + describe(layout) + (align ? " aligned" : ""));
          const Shape image{3, 5, 13, 9}, result{3, 5, 11, 7}, grid_shape{3, 11, 7, 2};
          // Away from whole pixels, where the derivative jumps.
          const Tensor x = input(image, dtype, layout, mixed), dy = input(result, dtype, layout, mixed);
          const Tensor grid = input(grid_shape, dtype, Layout::contiguous, [](int64_t i) {
            return i == 8 ? kNan : i == 33 ? 1e30 : 0.31 * mixed(i);
          });
          GridSampleArgs args;
          args.x = ConstView(x);
          args.grid = ConstView(grid);
          args.align_corners = align;
          args.padding = padding;
          // The position in pixels carries a rounding of its own, times differences of up to 10 between
          // neighbours.
          const double tolerance = rounding(dtype, 400);
          compare({{result, dtype, Layout::contiguous, tolerance}}, [&](Backend& backend, const auto& y) {
            GridSampleArgs forward = args;
            forward.y = y[0];
            backend.grid_sample(forward);
          });
          const auto zero = [](int64_t) { return 0.0; };
          compare({{image, dtype, Layout::contiguous, tolerance, zero},
                   {grid_shape, dtype, Layout::contiguous, 8 * tolerance}},
                  [&](Backend& backend, const auto& out) {
                    GridSampleArgs backward = args;
                    backward.dy = ConstView(dy);
                    backward.dx = out[0];
                    backward.dgrid = out[1];
                    backend.grid_sample_grad(backward);
                  });
        }
}

// Half a pixel beyond the lower right pixel, then far outside. 0 * NaN would be NaN.
TEST(CpuGridSample, PixelsOutsideAreNotRead) {
  for (Backend* backend : {&fast(), &reference()}) {
    const Tensor x = make({1, 1, 2, 2}, {kNan, kInf, kNan, 4}), grid = make({1, 1, 2, 2}, {1, 1, 5, 5});
    const Tensor y = empty({1, 1, 1, 2}, DType::f64), dy = make({1, 1, 1, 2}, {1, kNan});
    const Tensor dx = make({1, 1, 2, 2}, {0, 0, 0, 0}), dgrid = empty({1, 1, 2, 2}, DType::f64);
    GridSampleArgs args;
    args.x = ConstView(x);
    args.grid = ConstView(grid);
    args.y = View(y);
    backend->grid_sample(args);
    expect_values(y, {1, 0});
    args.dy = ConstView(dy);
    args.dx = View(dx);
    args.dgrid = View(dgrid);
    backend->grid_sample_grad(args);
    expect_values(dx, {0, 0, 0, 0.25});
    expect_values(dgrid, {-2, -2, 0, 0});
  }
}

TEST(CpuGridSample, BitsDoNotDependOnThreads) {
  const Tensor x = input({16, 8, 20, 20}, DType::f32, Layout::contiguous, mixed),
               grid = input({16, 20, 20, 2}, DType::f32, Layout::contiguous,
                            [](int64_t i) { return 0.3 * mixed(i); });
  const auto zero = [](int64_t) { return 0.0; };
  expect_same_on_any_thread_count({{{16, 8, 20, 20}, DType::f32},
                                   {{16, 8, 20, 20}, DType::f32, Layout::contiguous, 0, zero},
                                   {{16, 20, 20, 2}, DType::f32}},
                                  [&](Backend& backend, const auto& out) {
                                    GridSampleArgs args;
                                    args.x = ConstView(x);
                                    args.grid = ConstView(grid);
                                    args.y = out[0];
                                    backend.grid_sample(args);
                                    args.dy = out[0];
                                    args.dx = out[1];
                                    args.dgrid = out[2];
                                    backend.grid_sample_grad(args);
                                  });
}

TEST(CpuOptimizers, AdamAndSgdOverAList) {
  for (const DType dtype : kFloating)
    for (const Layout layout : {Layout::contiguous, Layout::reversed, Layout::channels_last}) {
      SCOPED_TRACE(std::string(name(dtype)) + " " + describe(layout));
      const Shape shapes[] = {{}, {7}, {0}, {33, 65}, {4, 3, 2, 5}, {40001}};
      std::vector<Tensor> grads;
      std::vector<Output> adam, sgd;
      const double tolerance = rounding(dtype, 32);
      for (const Shape& shape : shapes) {
        grads.push_back(input(shape, dtype, layout, mixed));
        for (const bool twice : {true, false})
          for (std::vector<Output>* outputs : {&adam, &sgd})
            outputs->push_back({shape, dtype, layout, tolerance,
                                twice ? mixed : [](int64_t i) { return 0.1 * mixed(3 * i); }});
        adam.push_back({shape, dtype, layout, tolerance, positive});
      }
      for (const int variant : {0, 1, 2, 3}) {
        const auto adam_step = [&](Backend& backend, const std::vector<View>& out) {
          std::vector<AdamItem> items;
          for (size_t i = 0; i < grads.size(); ++i)
            items.push_back({out[3 * i], ConstView(grads[i]), out[3 * i + 1], out[3 * i + 2]});
          backend.adam_step({.items = items,
                             .lr = 0.01,
                             .weight_decay = variant > 0 ? 0.1 : 0,
                             .grad_scale = 0.5,
                             .step = 3 + variant,
                             .decoupled = variant == 2});
        };
        const auto sgd_step = [&](Backend& backend, const std::vector<View>& out) {
          std::vector<SgdItem> items;
          for (size_t i = 0; i < grads.size(); ++i)
            items.push_back({out[2 * i], ConstView(grads[i]), variant == 0 ? View() : out[2 * i + 1]});
          backend.sgd_step({.items = items,
                            .lr = 0.1,
                            .momentum = variant == 0 ? 0 : 0.9,
                            .dampening = variant == 1 ? 0.2 : 0,
                            .weight_decay = 0.01,
                            .grad_scale = 0.5,
                            .nesterov = variant == 2,
                            .first_step = variant == 3});
        };
        compare(adam, adam_step);
        compare(sgd, sgd_step);
        expect_same_on_any_thread_count(adam, adam_step);
        expect_same_on_any_thread_count(sgd, sgd_step);
      }
    }
}

}  // namespace
}  // namespace infograd
