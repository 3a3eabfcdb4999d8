#include "options.h"

#include <map>

#include "../shared/command_line.h"
#include "../shared/device.h"
#include "../shared/digits.h"

namespace infomax {

namespace {

const std::map<std::string, Objective> kObjectives{
    {"infonce", Objective::infonce}, {"ntxent", Objective::ntxent}, {"jsd", Objective::jsd},
    {"dv", Objective::dv},           {"mine", Objective::mine},     {"nwj", Objective::nwj},
    {"smile", Objective::smile},     {"mige", Objective::mige}};
const std::map<std::string, infograd::Precision> kPrecisions{{"f32", infograd::Precision::f32},
                                                             {"bf16", infograd::Precision::bf16}};

}  // namespace

std::string to_string(Objective objective) {
  for (const auto& [name, value] : kObjectives)
    if (value == objective) return name;
  return "?";
}

Options parse(int argc, char** argv) {
  Options options;
  shared::CommandLine command(
      "Trains a small encoder on MNIST without labels, by maximising the mutual information of two views of\n"
      "each image, and shows by a linear probe and nearest neighbours how good the 64 features are. Ctrl-C\n"
      "saves and leaves, a second one leaves at once; --resume goes on from the last checkpoint.");
  command.option("--data", options.data, shared::kDataHelp);
  command.choice("--objective", options.objective, kObjectives, "what is optimised");
  command.option("--epochs", options.epochs, "passes over the training images", shared::kPositive);
  command.show_default("--epochs", "10, of the synthetic digits 3");
  command.option("--batch", options.batch, "images per step; every one gives two views", {2, 16384});
  command.option("--lr", options.lr, "highest learning rate (AdamW, warm-up then cosine)", shared::kPositive);
  command.option("--seed", options.seed, "of initial values, order and views");
  command.option("--threads", options.threads, "0: all processors", shared::kThreads);
  command.choice("--precision", options.precision, kPrecisions, "of products and convolutions");
  shared::device_option(command, options.device);
  command.option("--out", options.out,
                 "directory of metrics.jsonl, summary.json, checkpoint.safetensors and the pictures");
  command.option("--limit", options.limit, "training images used, 0: all", {0, 1e9});
  command.option("--test-limit", options.test_limit, "test images used, 0: all", {0, 1e9});
  command.option("--checkpoint-every", options.checkpoint_every,
                 "steps between checkpoints; one more at each end of an epoch", shared::kPositive);
  command.flag("--resume", options.resume,
               "go on from the checkpoint in --out; the result is that of an uninterrupted run");
  command.flag("--quiet", options.quiet, "print the final table only");
  command.parse(argc, argv);
  return options;
}

}  // namespace infomax
