#include "images.h"

#include "../shared/digits.h"

namespace infomax {

namespace ig = infograd;

Images load_images(const Options& options) {
  const shared::Digits files =
      shared::load_digits(options.data, {.train = options.limit, .test = options.test_limit});
  const auto on_device = [&](const ig::data::Dataset& digits) {
    return ig::data::Dataset{digits.images.to(options.device), digits.labels.to(options.device)};
  };
  return {on_device(files.train), on_device(files.test),
          files.directory.empty() ? files.source : files.source + " (" + files.directory + ")"};
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
    return ig::data::Batch{.images = two_views(ig::index_select(all, 0, indices.to(all.device())), generator),
                           .labels = {}};
  };
  return {all.size(0),
          fetch,
          {.batch_size = options.batch,
           .shuffle = true,
           .drop_last = true,
           .generator = ig::Generator(options.seed + 1)}};
}

}  // namespace infomax
