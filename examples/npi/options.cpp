#include "options.h"

#include "../shared/command_line.h"
#include "../shared/device.h"

namespace npi {

Options parse(int argc, char** argv) {
  Options options;
  bool quick = false, full = false;
  shared::CommandLine command(
      "Neural population infomax: filters learned without labels from a closed form of the information that\n"
      "a large population of neurons carries, beside infomax ICA and FastICA on the same data.\n"
      "  E1 photographs, as many filters as dimensions    E4 does the first step size matter?\n"
      "  E2 photographs, overcomplete                     E5 denoising\n"
      "  E3 MNIST, overcomplete                           E6 blind separation of sources\n"
      "  E7 an encoder layer made of the filters of E3, judged by a linear probe");
  command.option("--seed", options.seed, "patches, initial filters, noise, sources");
  command.option("--natural", options.natural,
                 "folder of PNG photographs; without it INFOGRAD_DATA/natural, if there");
  command.option("--mnist", options.mnist,
                 "folder of the MNIST files; without it INFOGRAD_DATA, if it has them");
  shared::device_option(command, options.device);
  command.option("--out", options.out, "folder of the tables (npi.md, e*.csv) and pictures");
  command.choice("--only", options.only, {"E1", "E2", "E3", "E4", "E5", "E6", "E7"},
                 "these experiments, as E1,E4");
  command.flag("--quick", quick, "seconds: small patches, few samples and epochs");
  command.flag("--full", full, "the sizes of the paper: hours; --quick goes before it");
  command.flag("--quiet", options.quiet, "print the tables only");
  command.parse(argc, argv);
  options.scale = quick ? Scale::quick : full ? Scale::full : Scale::fast;
  return options;
}

}  // namespace npi
