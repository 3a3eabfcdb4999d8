// MILC where everything is known: two Gaussian classes in eight dimensions.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include <fmt/core.h>

#include "../shared/replace_file.h"
#include "../shared/run_all.h"
#include "../shared/run_program.h"
#include "../shared/table.h"
#include "run.h"

namespace {

using namespace milc;
using ig::losses::MilcForm;

struct Cell {
  Setting setting;
  std::vector<Run> runs;

  shared::Mean mean(double Run::*member) const {
    std::vector<double> values;
    for (const Run& run : runs) values.push_back(run.*member);
    return shared::mean_of(values);
  }
};

const char* name(Network network) {
  return network == Network::linear ? "linear" : "MLP 8-64-2";
}
const char* name(MilcForm form) {
  return form == MilcForm::ce ? "CE" : form == MilcForm::a ? "MILC a 1" : "MILC c";
}

const std::vector<BinaryGaussian> kModels{{.d = 1, .q = .5}, {.d = 1, .q = .3}};

std::vector<Cell> all_cells(const Options& options) {
  std::vector<Cell> cells;
  for (const BinaryGaussian& model : kModels)
    for (const int64_t n : options.sizes)
      for (const Network network : {Network::linear, Network::mlp})
        for (const MilcForm form : {MilcForm::ce, MilcForm::a, MilcForm::c})
          cells.push_back({{model, network, n, form}, std::vector<Run>(static_cast<size_t>(options.seeds))});
  return cells;
}

std::string table_of(const BinaryGaussian& model, const std::vector<Cell>& cells) {
  const BinaryGaussian::Bounds b = model.bounds();
  const double entropy = model.label_entropy(), mi = model.mutual_information();
  std::string text = fmt::format(
      "d = {}, q = {}: H(Y) {:.5f}, H(Y|X) {:.5f}, I {:.5f} nats, Bayes error Pe* {:.5f}, PeLB(I) {:.5f}, "
      "PeLB(U) "
      "{:.5f}\n\n",
      model.d, model.q, entropy, entropy - mi, mi, model.bayes_error(), b.pe_lb_exact, b.pe_lb_upper);
  shared::Table table(
      {"n", "model", "loss", "test CE", "I", "test error", "Pe*", "PeLB(I)", "PeLB(U)", "certified bound"});
  for (const Cell& cell : cells) {
    if (cell.setting.model.q != model.q) continue;
    table.add({fmt::format("{}", cell.setting.points), name(cell.setting.network), name(cell.setting.form),
               to_string(cell.mean(&Run::ce), 4), to_string(cell.mean(&Run::mi), 4),
               to_string(cell.mean(&Run::test_error), 4), fmt::format("{:.4f}", model.bayes_error()),
               fmt::format("{:.4f}", b.pe_lb_exact), fmt::format("{:.4f}", b.pe_lb_upper),
               to_string(cell.mean(&Run::bound_certified), 4)});
  }
  return text + table.markdown() + "\n";
}

std::string runs_csv(const std::vector<Cell>& cells) {
  shared::Table table({"d", "q", "n", "model", "loss", "run", "ce", "mi", "test_error", "bound_certified"});
  for (const Cell& cell : cells)
    for (size_t i = 0; i < cell.runs.size(); ++i) {
      const Setting& s = cell.setting;
      const Run& run = cell.runs[i];
      table.add({fmt::format("{}", s.model.d), fmt::format("{}", s.model.q), fmt::format("{}", s.points),
                 name(s.network), name(s.form), fmt::format("{}", i), fmt::format("{:.10g}", run.ce),
                 fmt::format("{:.10g}", run.mi), fmt::format("{:.10g}", run.test_error),
                 fmt::format("{:.10g}", run.bound_certified)});
    }
  return table.csv();
}

/// Learned information of the linear model against the number of points, beside the truth. Lines need two
/// sizes or more.
void draw_information(const std::vector<Cell>& cells, const std::string& path) {
  std::vector<ig::plot::Series> lines;
  for (const BinaryGaussian& model : kModels) {
    ig::plot::Series truth{.name = fmt::format("I, q = {}", model.q), .dashed = true};
    for (const MilcForm form : {MilcForm::ce, MilcForm::a, MilcForm::c}) {
      ig::plot::Series line{.name = fmt::format("{}, q = {}", name(form), model.q)};
      for (const Cell& cell : cells) {
        const Setting& s = cell.setting;
        if (s.model.q != model.q || s.form != form || s.network != Network::linear) continue;
        line.x.push_back(std::log10(static_cast<double>(s.points)));
        line.y.push_back(cell.mean(&Run::mi).mean);
      }
      truth.x = line.x;
      truth.y.assign(line.x.size(), model.mutual_information());
      lines.push_back(line);
    }
    lines.push_back(truth);
  }
  ig::plot::lines_png(path, lines,
                      {.title = "information learned by the linear model",
                       .x_label = "log10 of the number of training points",
                       .y_label = "nats"});
}

int program(const Options& options) {
  std::filesystem::create_directories(options.out);
  std::vector<Cell> cells = all_cells(options);
  const int64_t runs = static_cast<int64_t>(cells.size()) * options.seeds;
  const auto start = std::chrono::steady_clock::now();
  shared::run_all(runs, options.jobs, options.quiet, [&](int64_t i) {
    Cell& cell = cells[static_cast<size_t>(i / options.seeds)];
    const int64_t k = i % options.seeds;
    cell.runs[static_cast<size_t>(k)] =
        train_and_test(cell.setting, options.seed + static_cast<uint64_t>(k), options);
  });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  std::string text =
      fmt::format("Two Gaussian classes in {} dimensions, {} steps, {} seeds from {}, {} test points\n\n",
                  kDims, options.steps, options.seeds, options.seed, options.test_points);
  for (const BinaryGaussian& model : kModels) text += table_of(model, cells);
  shared::replace_file(options.out + "/runs.csv", runs_csv(cells));
  const bool lines = options.sizes.size() > 1;
  if (lines) draw_information(cells, options.out + "/information.png");
  shared::replace_file(options.out + "/table.md", text);
  fmt::print("{}{} runs in {:.0f} s ({:.2f} s each)\nwritten to {}: table.md runs.csv{}\n", text, runs,
             seconds, seconds / static_cast<double>(runs), options.out, lines ? " information.png" : "");
  for (const Cell& cell : cells)
    for (const Run& run : cell.runs)
      if (!std::isfinite(run.ce) || !std::isfinite(run.mi)) throw ig::ValueError("a run is not finite");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  return shared::run_program("milc_gaussian", [&] { return program(options); });
}
