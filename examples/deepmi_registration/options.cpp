#include "options.h"

#include <cstdlib>
#include <filesystem>

#include "../shared/command_line.h"
#include "../shared/device.h"

namespace registration {

Options parse(int argc, char** argv) {
  Options options;
  shared::CommandLine command(
      "Aligns two images of one scene, seen by different sensors, by minimising a loss between them: L1, "
      "L2,\n"
      "SSIM, mutual information, and the linearized loss. Translations and affine maps of synthetic "
      "textures\n"
      "and of photographs; all scenes of a row are aligned at once, and know nothing of each other.");
  command.option("--data", options.data, "folder of photographs (PNG), or \"none\"");
  command.show_default("--data", "INFOGRAD_DATA/natural if that is there");
  command.option("--seed", options.seed, "of the first texture; photographs are taken by file name");
  command.option("--scenes", options.scenes, "textures, and photographs", {1, 1000});
  command.option("--lr-scales", options.lr_scales, "factors of the learning rate, tried on some textures",
                 shared::kPositive);
  command.option("--starts", options.starts, "per axis, of the basin of attraction", {2, 100});
  command.flag("--quick", options.quick,
               "2 scenes, one distance, no sweep, 3 starts per axis: shows that it works, not how well");
  command.option("--jobs", options.jobs, "alignments at a time, one thread each; 0: all processors",
                 shared::kThreads);
  shared::device_option(command, options.device);
  command.option("--out", options.out, "directory of the tables and pictures");
  command.flag("--quiet", options.quiet, "print the tables only");
  command.parse(argc, argv);
  if (options.quick) {
    command.preset("--scenes", options.scenes, 2);
    command.preset("--lr-scales", options.lr_scales, std::vector<double>{1});
    command.preset("--starts", options.starts, 3);
  }
  if (options.data == "none") {
    options.data.clear();
  } else if (const char* root = std::getenv("INFOGRAD_DATA"); options.data.empty() && root != nullptr) {
    const std::filesystem::path folder = std::filesystem::path(root) / "natural";
    if (std::filesystem::is_directory(folder)) options.data = folder.string();
  }
  return options;
}

}  // namespace registration
