#include <infograd/backends/cuda/batch_norm_body.h>
#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/elementwise.cuh>
#include <infograd/backends/cuda/moments.cuh>
#include <infograd/backends/cuda/numbered.cuh>

namespace infograd {

using namespace cuda;

void CudaBackend::batch_norm(const BatchNormArgs& args) {
  if (args.x.numel() == 0) return;  // no values: statistics stay as they are
  const DeviceGuard guard(index_);
  const int64_t channels = args.x.shape[1];
  visit_floating("batch_norm", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    using Affine = typename Normalize<T>::Affine;
    const Scratch moments(args.training ? sizeof(Moments) * static_cast<size_t>(channels) : 0);
    const Scratch affine(sizeof(Affine) * static_cast<size_t>(channels));
    if (args.training)
      accumulate_slices("batch_norm", MomentsOf<T>{}, channel_slices(args.x.shape, args.x.strides),
                        args.x.as<T>(), moments.as<Moments>());
    launch_numbered(
        "batch_norm",
        BatchNormChannel<T>{args.training ? moments.as<Moments>() : nullptr, Vector<const T>(args.weight),
                            Vector<const T>(args.bias), Vector<T>(args.running_mean),
                            Vector<T>(args.running_var), Vector<T>(args.save_mean), Vector<T>(args.save_rstd),
                            args.eps, args.momentum, affine.as<Affine>()},
        channels);
    const Strides along = along_channels(args.x.rank());
    elementwise("batch_norm", Normalize<T>{args.activation}, args.x.shape,
                {&args.y.strides, &args.x.strides, &along}, args.y.as<T>(), args.x.as<T>(),
                static_cast<const Affine*>(affine.as<Affine>()));
  });
}

void CudaBackend::batch_norm_grad(const BatchNormGradArgs& args) {
  const int64_t channels = args.x.shape[1];
  if (channels == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("batch_norm", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    using Kernel = BatchNormGrad<T>;
    using Gradient = typename Kernel::Gradient;
    const Scratch sums(sizeof(GradSums) * static_cast<size_t>(channels));
    const Scratch gradient(sizeof(Gradient) * static_cast<size_t>(channels));
    const BatchNormGradSums<T> pass(args);
    accumulate_slices("batch_norm_grad", pass.policy, pass.slices, args.x.as<T>(), sums.as<GradSums>());
    const double n = args.training ? static_cast<double>(pass.slices.reduced.numel) : 0;
    launch_numbered(
        "batch_norm_grad",
        BatchNormGradChannel<T>{sums.as<GradSums>(), Vector<const T>(args.weight),
                                Vector<const T>(args.save_mean), Vector<const T>(args.save_rstd),
                                Vector<T>(args.dweight), Vector<T>(args.dbias), n, gradient.as<Gradient>()},
        channels);
    if (!args.dx || args.x.numel() == 0) return;
    const Strides along = along_channels(args.x.rank());
    const Gradient* per_channel = gradient.as<Gradient>();
    if (args.activation == Activation::relu)
      elementwise("batch_norm_grad", Kernel{}, args.x.shape,
                  {&args.dx.strides, &args.dy.strides, &args.x.strides, &args.y.strides, &along},
                  args.dx.as<T>(), args.dy.as<T>(), args.x.as<T>(), args.y.as<T>(), per_channel);
    else
      elementwise("batch_norm_grad", Kernel{}, args.x.shape,
                  {&args.dx.strides, &args.dy.strides, &args.x.strides, &along}, args.dx.as<T>(),
                  args.dy.as<T>(), args.x.as<T>(), per_channel);
  });
}

}  // namespace infograd
