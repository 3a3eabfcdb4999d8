// Reverse mode: iterative, in one deterministic order (the latest recorded op first).
#pragma once

#include <vector>

#include <infograd/core/tensor.h>

namespace infograd {

/// Gradients of `out` (one element, or with `seed` of its shape) with respect to `inputs`, in their order;
/// undefined where `out` does not depend on an input. Leaves' .grad() stays untouched. With create_graph the
/// results are differentiable. The graph is kept when retain_graph or create_graph is set.
INFOGRAD_API std::vector<Tensor> grad(const Tensor& out, const std::vector<Tensor>& inputs,
                                      bool create_graph = false, bool retain_graph = false,
                                      const Tensor& seed = {});

/// Back-propagates into the .grad() of every leaf. `Tensor::backward` calls it.
INFOGRAD_API void backward(const Tensor& out, const Tensor& seed, bool retain_graph, bool create_graph);

namespace detail {
// What the engine needs from the ops above it; defined in ops/engine_ops.cpp.
INFOGRAD_API Tensor engine_add(const Tensor& a, const Tensor& b);            // differentiable
INFOGRAD_API void engine_add_into(Tensor& accumulator, const Tensor& grad);  // in place
INFOGRAD_API Tensor engine_sum_to(const Tensor& grad, const Shape& shape);   // differentiable
INFOGRAD_API Tensor engine_ones_like(const Tensor& out);
/// Row-major index of the first NaN or infinity, or -1.
INFOGRAD_API int64_t engine_first_nonfinite(const Tensor& tensor);
}  // namespace detail

}  // namespace infograd
