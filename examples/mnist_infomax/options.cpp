#include "options.h"

#include <map>

#include <CLI/CLI.hpp>

namespace infomax {

namespace {

const std::map<std::string, Objective> kObjectives{
    {"infonce", Objective::infonce}, {"ntxent", Objective::ntxent}, {"jsd", Objective::jsd},
    {"dv", Objective::dv},           {"mine", Objective::mine},     {"nwj", Objective::nwj},
    {"smile", Objective::smile}};
const std::map<std::string, infograd::Precision> kPrecisions{{"f32", infograd::Precision::f32},
                                                             {"bf16", infograd::Precision::bf16}};

/// An option whose value is one of the names of `values`; --help and mistakes list them.
template <class T>
void add_choice(CLI::App& app, const char* name, T& value, const std::map<std::string, T>& values,
                const char* initial, const char* description) {
  app.add_option_function<std::string>(
         name, [&](const std::string& chosen) { value = values.at(chosen); }, description)
      ->check(CLI::IsMember(values))
      ->type_name("NAME")
      ->default_str(initial);
}

}  // namespace

std::string to_string(Objective objective) {
  for (const auto& [name, value] : kObjectives)
    if (value == objective) return name;
  return "?";
}

Options parse(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Trains a small encoder on MNIST without labels, by maximising the mutual information of two views of\n"
      "each image, and shows by a linear probe and nearest neighbours how good the 64 features are. Ctrl-C\n"
      "saves and leaves, a second one leaves at once; --resume goes on from the last checkpoint."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", options.data,
                 "directory of the MNIST files, or \"synthetic\" for the embedded digits; without it "
                 "INFOGRAD_DATA if it holds "
                 "MNIST, else synthetic")
      ->capture_default_str();
  add_choice(app, "--objective", options.objective, kObjectives, "infonce", "what is optimised");
  app.add_option("--epochs", options.epochs, "passes over the training images")
      ->check(CLI::PositiveNumber)
      ->default_str("10, of the synthetic digits 3");
  app.add_option("--batch", options.batch, "images per step; every one gives two views")
      ->check(CLI::Range(2, 16384));
  app.add_option("--lr", options.lr, "highest learning rate (AdamW, warm-up then cosine)")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "of initial values, order and views");
  app.add_option("--threads", options.threads, "0: all processors")->check(CLI::Range(0, 1024));
  add_choice(app, "--precision", options.precision, kPrecisions, "f32", "of products and convolutions");
  app.add_option("--out", options.out,
                 "directory of metrics.jsonl, summary.json, checkpoint.safetensors and the pictures");
  app.add_option("--limit", options.limit, "training images used, 0: all")
      ->check(CLI::Range(0, 1'000'000'000));
  app.add_option("--checkpoint-every", options.checkpoint_every,
                 "steps between checkpoints; one more at each end of an epoch")
      ->check(CLI::PositiveNumber);
  app.add_flag("--resume", options.resume,
               "go on from the checkpoint in --out; the result is that of an uninterrupted run");
  app.add_flag("--quiet", options.quiet, "print the final table only");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

}  // namespace infomax
