// Conversions and copies of Tensor: explicit, differentiable, never implied by another op.
#include <infograd/backends/transfer.h>
#include <infograd/ops/support.h>

namespace infograd {

// Between floating types the gradient is converted back; an integer result ends the graph.
Tensor Tensor::to(DType dtype) const {
  check_defined("to", "x", *this);
  if (this->dtype() == dtype) return *this;
  Tensor out = detail::empty_like_layout(*this, dtype);
  {
    const trace::Call call("to");
    backend_for(device()).copy(View(out), ConstView(*this));
  }
  if (is_floating(dtype) && grad_needed({this}))
    record(out, "to", {this}, [from = this->dtype()](const Tensor& g) { return g.to(from); });
  return out;
}

Tensor Tensor::to(Device device) const {
  check_defined("to", "x", *this);
  if (this->device() == device) return *this;
  const Tensor source = contiguous();
  Tensor out = empty(shape(), dtype(), device);
  {
    const trace::Call call("to");
    transfer(View(out), device, ConstView(source), this->device());
  }
  if (grad_needed({this}))
    record(out, "to", {this}, [from = this->device()](const Tensor& g) { return g.to(from); });
  return out;
}

Tensor Tensor::contiguous() const {
  check_defined("contiguous", "x", *this);
  if (is_contiguous()) return *this;
  Tensor out = detail::run_copy(*this, dtype());
  if (grad_needed({this})) record(out, "contiguous", {this}, [](const Tensor& g) { return g; });
  return out;
}

// Keeps a dense layout such as channels-last.
Tensor Tensor::clone() const {
  check_defined("clone", "x", *this);
  Tensor out = detail::empty_like_layout(*this, dtype());
  {
    const trace::Call call("clone");
    backend_for(device()).copy(View(out), ConstView(*this));
  }
  if (grad_needed({this})) record(out, "clone", {this}, [](const Tensor& g) { return g; });
  return out;
}

}  // namespace infograd
