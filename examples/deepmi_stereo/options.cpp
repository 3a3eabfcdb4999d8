#include "options.h"

#include "../shared/command_line.h"
#include "../shared/device.h"
#include "../shared/run_journal.h"

namespace stereo {

Options parse(int argc, char** argv) {
  Options options;
  std::string data = "synthetic";
  shared::CommandLine command(
      "Trains a small convolutional network to see depth in pairs of images without being told any: it is\n"
      "rewarded when one image, warped by its disparities, resembles the other. Compares what \"resembles\"\n"
      "may mean when the two cameras see intensities alike, and when they do not.");
  command.choice("--data", data, {"synthetic"}, "pairs are drawn on the fly");
  command.option("--seeds", options.seeds, "how many; 2 or more give standard errors", shared::kPositive);
  command.option("--seed", options.seed, "the first of them: initial weights and training pairs");
  command.option("--steps", options.steps, "of Adam", shared::kPositive);
  command.option("--lr-scales", options.lr_scales, "factors of the learning rate, tried with the first seed",
                 shared::kPositive);
  command.flag("--quick", options.quick,
               "1 seed, 20 steps of 4 pairs, no sweep: shows that it works, not how well");
  command.option("--jobs", options.jobs, "networks at a time, one thread each; 0: all processors",
                 shared::kThreads);
  shared::device_option(command, options.device);
  command.option("--out", options.out, "directory of the tables and pictures, and of journal.csv");
  shared::resume_option(command, options.resume);
  command.flag("--quiet", options.quiet, "print the table only");
  command.parse(argc, argv);
  if (options.quick) {
    command.preset("--seeds", options.seeds, 1);
    command.preset("--steps", options.steps, 20);
    command.preset("--lr-scales", options.lr_scales, std::vector<double>{1});
    options.batch = 4;
    options.test_pairs = 8;
  }
  return options;
}

}  // namespace stereo
