// What every experiment is given: options, data if there, and where results go.
#pragma once

#include <string>
#include <vector>

#include <infograd/infograd.h>

#include "../shared/table.h"
#include "options.h"

namespace npi {

namespace ig = infograd;

/// Thrown by data that are not there: the experiment is listed as skipped, with this reason.
struct Skipped {
  std::string reason;
};

class Session {
 public:
  explicit Session(const Options& options);

  const Options& options() const { return options_; }
  std::string path(const std::string& file) const { return options_.out + "/" + file; }

  /// Folder of photographs; throws Skipped when there is none.
  const std::string& photographs() const;
  /// The first `count` training (or test) images as columns, pixels / 255, f32 [784, count], and their
  /// labels. Throws Skipped without MNIST.
  struct Digits {
    ig::Tensor pixels, labels;
  };
  Digits digits(ig::data::Split split, int64_t count) const;

  /// Begins the section of an experiment.
  void begin(const std::string& heading);
  void note(const std::string& text);
  /// Into the section, and to `name`.csv.
  void table(const std::string& name, const shared::Table& table);
  /// To `name`.csv alone.
  void table_file(const std::string& name, const shared::Table& table) const;
  void skip(const std::string& name, const std::string& reason);
  /// Progress, on stdout unless --quiet.
  void say(const std::string& text) const;
  /// Writes npi.md. Returns it.
  const std::string& finish();

 private:
  Options options_;
  std::string natural_, mnist_, text_, skipped_;
};

// One file each.
void e1_complete(Session& session);
void e2_overcomplete(Session& session);
void e3_mnist(Session& session);
void e4_steps(Session& session);
void e5_denoising(Session& session);
void e6_sources(Session& session);
void e7_encoder(Session& session);

}  // namespace npi
