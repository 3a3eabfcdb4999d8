// Convolutions by oneDNN, over channels-last activations.
#include <array>

#include <infograd/backends/cpu/dense.h>
#include <infograd/backends/cpu/onednn.h>
#include <infograd/core/allocator.h>

namespace infograd::onednn {

namespace {

// Weights [O, C/g, kh, kw] as oneDNN sees groups: [g, O/g, C/g, kh, kw].
onednn::Desc weight_desc(const Shape& shape, const Strides& strides, int groups, DType dtype) {
  if (groups == 1) return onednn::desc(shape, strides, dtype);
  Shape s = shape;
  Strides t = strides;
  s[0] /= groups;
  s.insert(0, groups);
  t.insert(0, s[1] * strides[0]);
  return onednn::desc(s, t, dtype);
}

onednn::Desc any_weight_desc(const Shape& shape, int groups, DType dtype) {
  Shape s = shape;
  if (groups != 1) {
    s[0] /= groups;
    s.insert(0, groups);
  }
  return onednn::any_desc(s, dtype);
}

// The primitives of the three passes on dense channels-last x and y and dense w.
onednn::Program make_program(const ConvArgs& args) {
  const auto pair = [](const std::array<int, 2>& v) { return dnnl::memory::dims{v[0], v[1]}; };
  const dnnl::memory::dims stride = pair(args.stride), begin = pair(args.pad_begin), end = pair(args.pad_end),
                           dilation{args.dilation[0] - 1, args.dilation[1] - 1};
  const auto x = onednn::desc(args.x.shape, channels_last(args.x.shape), args.x.dtype);
  const auto y = onednn::desc(args.y.shape, channels_last(args.y.shape), args.y.dtype);
  const auto w =
      weight_desc(args.w.shape, same_order(args.w.shape, args.w.strides), args.groups, args.w.dtype);
  const auto any_w = any_weight_desc(args.w.shape, args.groups, args.w.dtype);
  const auto bias = args.bias ? onednn::desc(args.bias.shape, Strides{1}, args.bias.dtype) : onednn::Desc();
  const auto direct = dnnl::algorithm::convolution_direct;
  const auto plain = onednn::attributes(1, 0, Activation::none);
  const auto forward = [&](const dnnl::primitive_attr& attributes) {
    return onednn::describe<dnnl::convolution_forward>(
        attributes, std::tuple(dnnl::prop_kind::forward_inference, direct, x, any_w, bias, y, stride,
                               dilation, begin, end));
  };
  // The backward passes want to see a forward one of the same geometry, in the type that is multiplied.
  const auto hint = [&] {
    const DType type = args.x.dtype == args.y.dtype ? args.x.dtype : DType::bf16;
    return onednn::describe<dnnl::convolution_forward>(
        plain, std::tuple(dnnl::prop_kind::forward_training, direct,
                          onednn::desc(args.x.shape, channels_last(args.x.shape), type),
                          any_weight_desc(args.w.shape, args.groups, type), onednn::Desc(),
                          onednn::desc(args.y.shape, channels_last(args.y.shape), type), stride, dilation,
                          begin, end));
  };

  onednn::Program made;
  switch (args.pass) {
    case ConvPass::forward: {
      const auto pd = forward(onednn::attributes(1, 0, args.activation));
      made.set_reorder(w, pd.weights_desc());
      const dnnl::convolution_forward primitive(pd);
      made.main =
          args.bias
              ? onednn::Prepared(primitive,
                                 {{DNNL_ARG_SRC, x},
                                  {DNNL_ARG_WEIGHTS, pd.weights_desc()},
                                  {DNNL_ARG_DST, y},
                                  {DNNL_ARG_BIAS, bias}},
                                 pd.scratchpad_desc())
              : onednn::Prepared(
                    primitive, {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, pd.weights_desc()}, {DNNL_ARG_DST, y}},
                    pd.scratchpad_desc());
      break;
    }
    case ConvPass::data_grad: {
      const auto pd = onednn::describe<dnnl::convolution_backward_data>(
          plain, std::tuple(direct, x, any_w, y, stride, dilation, begin, end), hint());
      made.set_reorder(w, pd.weights_desc());
      made.main = {dnnl::convolution_backward_data(pd),
                   {{DNNL_ARG_DIFF_SRC, x}, {DNNL_ARG_WEIGHTS, pd.weights_desc()}, {DNNL_ARG_DIFF_DST, y}},
                   pd.scratchpad_desc()};
      break;
    }
    case ConvPass::weight_grad: {
      const auto pd = onednn::describe<dnnl::convolution_backward_weights>(
          plain, std::tuple(direct, x, any_w, bias, y, stride, dilation, begin, end), hint());
      made.set_reorder(pd.diff_weights_desc(), w);
      const dnnl::convolution_backward_weights primitive(pd);
      made.main = args.bias ? onednn::Prepared(primitive,
                                               {{DNNL_ARG_SRC, x},
                                                {DNNL_ARG_DIFF_WEIGHTS, pd.diff_weights_desc()},
                                                {DNNL_ARG_DIFF_DST, y},
                                                {DNNL_ARG_DIFF_BIAS, bias}},
                                               pd.scratchpad_desc())
                            : onednn::Prepared(primitive,
                                               {{DNNL_ARG_SRC, x},
                                                {DNNL_ARG_DIFF_WEIGHTS, pd.diff_weights_desc()},
                                                {DNNL_ARG_DIFF_DST, y}},
                                               pd.scratchpad_desc());
      break;
    }
  }
  return made;
}

}  // namespace

bool conv(const ConvArgs& args) {
  onednn::Key key(2);
  key.add(static_cast<int64_t>(args.pass) | static_cast<int64_t>(args.x.dtype) << 8 |
          static_cast<int64_t>(args.y.dtype) << 16 | static_cast<int64_t>(args.w.dtype) << 24 |
          static_cast<int64_t>(args.activation) << 32 | static_cast<int64_t>(bool(args.bias)) << 40);
  key.add(args.x.shape).add(args.y.shape).add(args.w.shape).add(same_order(args.w.shape, args.w.strides));
  for (const auto* two : {&args.stride, &args.dilation, &args.pad_begin, &args.pad_end})
    key.add(int64_t{(*two)[0]}).add(int64_t{(*two)[1]});
  key.add(int64_t{args.groups});
  onednn::Program& program = onednn::cached(key, [&] { return make_program(args); });
  if (!program.main) return false;

  const memory::Scratch reordered(program.weight_bytes);
  const bool reorder = static_cast<bool>(program.reorder);
  const void* w = reorder ? reordered.data() : args.w.data;
  const bool gradient = args.pass == ConvPass::weight_grad;
  if (reorder && !gradient) program.reorder.run({args.w.data, w});
  if (args.bias && args.pass != ConvPass::data_grad) {
    program.main.run({args.x.data, w, args.y.data, args.bias.data});
  } else {
    program.main.run({args.x.data, w, args.y.data});
  }
  if (reorder && gradient) program.reorder.run({w, args.w.data});
  return true;
}

}  // namespace infograd::onednn
