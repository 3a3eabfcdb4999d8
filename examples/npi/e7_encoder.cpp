// E7: an encoder layer made of the filters of E3, judged by a linear probe on its outputs.
#include <fmt/core.h>

#include "mnist_fit.h"

namespace npi {

using namespace ig;

void e7_encoder(Session& session) {
  const Options& options = session.options();
  const auto count = options.pick<int64_t>(1000, 10000, 60000);
  const Session::Digits train = session.digits(data::Split::train, count),
                        test = session.digits(data::Split::test, options.pick<int64_t>(1000, 10000, 10000));
  const auto filters = options.pick<int64_t>(256, 256, 1024);
  session.begin(fmt::format("E7: linear probe on {} features of {} MNIST images, seed {}", filters, count,
                            options.seed));
  shared::Table table({"features", "train accuracy", "test accuracy"});
  const auto add = [&](const std::string& name, const auto& features) {
    const NoGrad no_grad;
    const auto rows = [&](const Tensor& pixels) { return features(transpose(pixels).contiguous()); };
    const nn::ProbeResult probe =
        nn::linear_probe(rows(train.pixels), train.labels, rows(test.pixels), test.labels);
    table.add(
        {name, fmt::format("{:.4f}", probe.train_accuracy), fmt::format("{:.4f}", probe.test_accuracy)});
    session.say(fmt::format("{}: {:.4f}", name, probe.test_accuracy));
  };
  add("pixels", [](const Tensor& x) { return x; });
  Generator generator(options.seed + 1);
  const auto on_device = [&](nn::Linear layer) {
    layer.to(options.device);
    return layer;
  };
  add("random Linear + sigmoid",
      on_device(nn::Linear(784, filters, {.activation = Activation::sigmoid, .generator = &generator})));
  for (const double eps : {0.98, 0.9, 0.8}) {
    const losses::NpiResult result = mnist_fit(session, train.pixels, eps);
    const auto neurons = [&](const Tensor& c) {  // s(beta c^T x_hat)
      return on_device(nn::linear_from_filters(matmul(result.whitener.scaled_basis(-0.5), c),
                                               result.whitener.mean,
                                               {.scale = result.beta, .activation = Activation::sigmoid}));
    };
    const Tensor random_c = losses::gs_rows(rand_normal(result.c.shape(), 0, 1, DType::f64, generator));
    add(fmt::format("whitened to K0 = {} + random C + sigmoid", result.k0), neurons(random_c));
    add(fmt::format("population infomax of K0 = {} + sigmoid", result.k0), neurons(result.c));
  }
  session.table("e7", table);
}

}  // namespace npi
