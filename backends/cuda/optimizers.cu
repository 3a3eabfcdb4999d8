#include <cmath>
#include <initializer_list>

#include <infograd/backends/capture.h>
#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/optimizer_body.h>
#include <infograd/backends/cuda/stream.h>

namespace infograd {

namespace cuda {

template <class Step, class T>
__global__ void __launch_bounds__(kThreads) list_kernel(ListKernel<Step, T> kernel) {
  kernel.run(blockIdx.x, static_cast<int>(threadIdx.x));
}

namespace {

/// The launches of one step over parameters of type T.
template <class Step, class T>
class Launcher {
 public:
  Launcher(std::string_view op, const Step& step, const Step* replayed)
      : op_(op), kernel_{step, {}, replayed} {}

  void add(T* param, const T* grad, T* first, T* second, int64_t n) {
    if (n == 0) return;
    if (kernel_.list.full()) launch();
    kernel_.list.add(param, grad, first, second, n);
  }
  void launch() {
    if (kernel_.list.count == 0) return;
    list_kernel<<<static_cast<unsigned>(kernel_.list.blocks), kThreads, 0, stream()>>>(kernel_);
    check_launch(op_);
    kernel_.list = {};
  }

 private:
  std::string_view op_;
  ListKernel<Step, T> kernel_;
};

/// The item as one run of memory in a common order: where views differ, through packed copies. Their memory
/// may be handed out again at once, as all work of a device is in order.
template <class T, class F>
void with_runs(Backend& backend, const View& param, const ConstView& grad, const View& first,
               const View& second, F&& f) {
  const Strides &p = param.strides, &m = first ? first.strides : p, &v = second ? second.strides : p;
  const auto loop = collapse<4>(param.shape, {&p, &grad.strides, &m, &v});
  bool one_run = loop.rank == 1;
  for (int k = 0; k < 4; ++k) one_run = one_run && (loop.numel <= 1 || loop.inner_stride(k) == 1);
  if (one_run) return f(param.as<T>(), grad.as<T>(), first.as<T>(), second.as<T>());

  const int64_t n = param.numel();
  const Scratch room(4 * sizeof(T) * static_cast<size_t>(n));
  const Strides packed = contiguous_strides(param.shape);
  const auto address = [&](int k) { return room.as<T>() + k * n; };
  const auto place = [&](int k) { return View(address(k), param.dtype, param.shape, packed); };
  backend.copy(place(0), param);
  backend.copy(place(1), grad);
  if (first) backend.copy(place(2), first);
  if (second) backend.copy(place(3), second);
  f(address(0), address(1), first ? address(2) : nullptr, second ? address(3) : nullptr);
  backend.copy(param, place(0));
  if (first) backend.copy(first, place(2));
  if (second) backend.copy(second, place(3));
}

/// All items of type T of a list, as few launches as fit; those of odd layout one by one.
template <class T, class Step, class Items, class Moments>
void run_list(std::string_view op, Backend& backend, const Step& step, const Items& items,
              const Moments& moments) {
  Capture* const capture = Capture::current();
  const Step* const replayed =
      capture != nullptr ? static_cast<const Step*>(capture->constants(&step, sizeof(step))) : nullptr;
  if (capture != nullptr && capture->replaying()) return;  // the launches are in the graph
  Launcher<Step, T> together(op, step, replayed);
  for (const auto& item : items) {
    if (item.param.dtype != dtype_of_v<T>) continue;
    const auto [first, second] = moments(item);
    bool copied = false;
    with_runs<T>(backend, item.param, item.grad, first, second, [&](T* param, const T* grad, T* m, T* v) {
      copied = param != item.param.template as<T>();
      if (!copied) return together.add(param, grad, m, v, item.param.numel());
      Launcher<Step, T> alone(op, step, replayed);
      alone.add(param, grad, m, v, item.param.numel());
      alone.launch();
    });
  }
  together.launch();
}

/// f(T{}) for each floating type that occurs.
template <class Items, class F>
void for_each_dtype(std::string_view op, const Items& items, F&& f) {
  for (const auto& item : items)
    if (!is_floating(item.param.dtype)) throw_dtype(op, item.param.dtype);
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16})
    for (const auto& item : items)
      if (item.param.dtype == dtype) {
        visit_floating(op, dtype, f);
        break;
      }
}

struct Moments {
  View first, second;
};

}  // namespace
}  // namespace cuda

using namespace cuda;

void CudaBackend::adam_step(const AdamArgs& args) {
  const DeviceGuard guard(index_);
  const double t = static_cast<double>(args.step);
  const double rate = args.lr / (1 - std::pow(args.beta1, t)),
               root = 1 / std::sqrt(1 - std::pow(args.beta2, t));
  const double keep = args.decoupled ? 1 - args.lr * args.weight_decay : 1;
  const double decay = args.decoupled ? 0 : args.weight_decay;
  for_each_dtype("adam", args.items, [&](auto zero) {
    using T = decltype(zero);
    using C = typename Compute<T>::type;
    const AdamStep<C> step{static_cast<C>(args.beta1),
                           static_cast<C>(args.beta2),
                           static_cast<C>(1 - args.beta1),
                           static_cast<C>(1 - args.beta2),
                           static_cast<C>(args.grad_scale),
                           static_cast<C>(decay),
                           static_cast<C>(keep),
                           static_cast<C>(rate),
                           static_cast<C>(root),
                           static_cast<C>(args.eps)};
    run_list<T>("adam_step", *this, step, args.items, [](const AdamItem& item) {
      return Moments{item.m, item.v};
    });
  });
}

void CudaBackend::sgd_step(const SgdArgs& args) {
  const DeviceGuard guard(index_);
  for_each_dtype("sgd", args.items, [&](auto zero) {
    using T = decltype(zero);
    using C = typename Compute<T>::type;
    const SgdStep<C> step{static_cast<C>(args.lr),
                          static_cast<C>(args.momentum),
                          static_cast<C>(args.first_step ? 1 : 1 - args.dampening),
                          static_cast<C>(args.weight_decay),
                          static_cast<C>(args.grad_scale),
                          args.nesterov};
    run_list<T>("sgd_step", *this, step, args.items, [](const SgdItem& item) {
      return Moments{item.momentum, {}};
    });
  });
}

}  // namespace infograd
