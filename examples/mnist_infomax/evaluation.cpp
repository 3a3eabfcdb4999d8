#include "evaluation.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "../shared/replace_file.h"
#include "objective.h"
#include "progress.h"

namespace infomax {

using namespace ig;

namespace {

/// The 64 units of every image, in evaluation mode.
Tensor features(const Model& model, const Tensor& images) {
  const NoGrad guard;
  Model frozen = model;
  frozen.eval();
  std::vector<Tensor> parts;
  for (int64_t begin = 0; begin < images.size(0); begin += 500)
    parts.push_back(frozen.encoder(data::to_float(slice(images, 0, begin, begin + 500))));
  frozen.train();
  return concat(parts);
}

Tensor pixels(const Tensor& images) {
  return flatten(data::to_float(images), 1);
}

struct Quality {
  double probe = 0, knn = 0;
};

Quality quality(const Images& images, const Tensor& train, const Tensor& test) {
  return {nn::linear_probe(train, images.train.labels, test, images.test.labels).test_accuracy,
          nn::knn_accuracy(train, images.train.labels, test, images.test.labels,
                           {.k = std::min<int64_t>(20, train.size(0))})};
}

losses::Estimate held_out(const Model& model, const Images& images, const Options& options) {
  Model frozen = model;
  frozen.eval();
  HeldOut result(options.objective);
  Generator generator(options.seed + 2);
  const int64_t batch = std::min(options.batch, images.test.images.size(0));
  for (int64_t begin = 0; begin + batch <= images.test.images.size(0); begin += batch)
    result.add(frozen, two_views(slice(images.test.images, 0, begin, begin + batch), generator));
  frozen.train();
  return result.estimate();
}

void write_pictures(const Images& images, const Options& options, const Tensor& test_features) {
  // Directions, as the critic and the nearest neighbours compare them; a map's cost grows with the square.
  const Tensor some = slice(test_features, 0, 0, std::min<int64_t>(1000, test_features.size(0)));
  const Tensor directions = some / sqrt(sum(square(some), {1}, true) + 1e-12);
  const double perplexity = std::min(30.0, static_cast<double>(some.size(0) - 1) / 3);
  plot::scatter_png(options.out + "/embedding.png", nn::tsne(directions, {.perplexity = perplexity}),
                    slice(images.test.labels, 0, 0, some.size(0)),
                    {.height = 820, .radius = 3, .opacity = 0.7, .title = "test features, t-SNE"});
  // Two blocks of three rows: the images, one view of each, another view of each.
  Generator generator(options.seed + 2);
  std::vector<Tensor> blocks;
  for (int64_t begin : {0, 12}) {
    const Tensor digits = slice(images.test.images, 0, begin, begin + 12);
    const Tensor rows = concat({data::to_float(digits), two_views(digits, generator)});
    blocks.push_back(data::image_grid(rows, {.columns = 12, .padding = 1, .zoom = 2, .background = 40}));
    if (begin == 0) blocks.push_back(full({12, blocks.front().size(1)}, 255, DType::u8));
  }
  data::write_png(options.out + "/views.png", concat(blocks));
}

double peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

}  // namespace

void evaluate(const Model& model, const Images& images, const Options& options,
              const TrainingResult& training) {
  const double peak = peak_memory_bytes();  // of training; the probes below have their own
  Progress progress(options.quiet, 0);
  progress.line("evaluating: linear probe and nearest neighbours on frozen features ...");
  const Tensor train = features(model, images.train.images), test = features(model, images.test.images);
  const Quality learnt = quality(images, train, test);

  Generator initial(options.seed);
  Model untrained(initial);
  untrained.to(options.device);
  const Quality before =
      quality(images, features(untrained, images.train.images), features(untrained, images.test.images));
  const Quality raw = quality(images, pixels(images.train.images), pixels(images.test.images));
  const losses::Estimate mi = held_out(model, images, options);
  write_pictures(images, options, test);

  nlohmann::ordered_json summary{{"data", images.source},
                                 {"objective", to_string(options.objective)},
                                 {"seed", options.seed},
                                 {"epochs", options.epochs},
                                 {"batch", options.batch},
                                 {"precision", options.precision == Precision::bf16 ? "bf16" : "f32"},
                                 {"threads", num_threads()},
                                 {"seconds", training.seconds},
                                 {"images_per_second", training.images_per_second},
                                 {"mi_nats", mi.nats},
                                 {"mi_kind", losses::to_string(mi.kind)},
                                 {"mi_cap", mi.cap},
                                 {"mi_std_error", mi.std_error},
                                 {"mi_flags", losses::flag_names(mi.flags)},
                                 {"probe_accuracy", learnt.probe},
                                 {"knn_accuracy", learnt.knn},
                                 {"raw_pixel_probe_accuracy", raw.probe},
                                 {"raw_pixel_knn_accuracy", raw.knn},
                                 {"untrained_probe_accuracy", before.probe},
                                 {"untrained_knn_accuracy", before.knn},
                                 {"peak_memory_bytes", static_cast<int64_t>(peak)}};
  shared::replace_file(options.out + "/summary.json", summary.dump(2) + '\n');

  const auto row = [](const char* what, const Quality& q) {
    fmt::print("  {:<28} {:>12.2f} % {:>12.2f} %\n", what, 100 * q.probe, 100 * q.knn);
  };
  fmt::print("\n{}, objective {}, seed {}, {} epochs in {}\n\n", images.source, to_string(options.objective),
             options.seed, options.epochs, duration(training.seconds));
  fmt::print("  {:<28} {:>14} {:>14}\n", "test accuracy", "linear probe", "20-NN");
  row("learnt features (64)", learnt);
  row("untrained encoder (64)", before);
  row("raw pixels (784)", raw);
  fmt::print("\n  held-out mutual information: {}\n", losses::to_string(mi));
  fmt::print(
      "  {:.0f} images/s, peak memory of training {:.0f} MiB\n  written to {}: summary.json metrics.jsonl "
      "checkpoint.safetensors embedding.png "
      "views.png\n",
      training.images_per_second, peak / (1 << 20), options.out);
}

}  // namespace infomax
