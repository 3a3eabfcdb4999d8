#include "images.h"

namespace infomax {

namespace ig = infograd;

Images load_images(const Options& options) {
  Images images;
  const std::string dir = options.data == "synthetic" ? "" : ig::data::find_mnist(options.data);
  if (!dir.empty() || (!options.data.empty() && options.data != "synthetic")) {
    // A directory that was asked for and is not there: let the reader name every file it tried.
    const std::string from = dir.empty() ? options.data : dir;
    images.train = ig::data::mnist(from, ig::data::Split::train, {.limit = options.limit});
    images.test = ig::data::mnist(from, ig::data::Split::test, {.limit = options.test_limit});
    images.source = "MNIST (" + from + ")";
  } else {
    const int64_t count = options.limit > 0 ? options.limit : 20000;
    images.train = ig::data::synthetic_digits({.count = count, .split = ig::data::Split::train});
    const int64_t tested = options.test_limit > 0 ? options.test_limit : 5000;
    images.test = ig::data::synthetic_digits({.count = tested, .split = ig::data::Split::test});
    images.source = "synthetic digits (embedded)";
  }
  return images;
}

ig::Tensor two_views(const ig::Tensor& images, ig::Generator& generator) {
  const ig::NoGrad guard;
  const ig::data::ViewOptions view{
      .affine = {.degrees = 20, .translate = 0.12, .scale_min = 0.75, .scale_max = 1.25, .shear = 0.3},
      .crop = {.area_min = 0.9, .area_max = 1.0, .aspect = 1.2},
      .elastic = {.amplitude = 0.15, .cells = 3}};
  const ig::Tensor x = ig::data::to_float(images);
  return ig::concat({ig::data::random_view(x, view, generator), ig::data::random_view(x, view, generator)});
}

ig::data::DataLoader view_loader(const Images& images, const Options& options) {
  const ig::Tensor all = images.train.images;
  auto fetch = [all](const ig::Tensor& indices, ig::Generator& generator) {
    return ig::data::Batch{.images = two_views(ig::index_select(all, 0, indices), generator), .labels = {}};
  };
  return {all.size(0),
          fetch,
          {.batch_size = options.batch,
           .shuffle = true,
           .drop_last = true,
           .generator = ig::Generator(options.seed + 1)}};
}

}  // namespace infomax
