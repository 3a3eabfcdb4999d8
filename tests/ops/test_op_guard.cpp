// Fails when a public header of ops/ exports an op that has no row in op_cases.h, a row names no exported op,
// or its benchmark cannot run.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/op_cases.h"

namespace infograd::testing {
namespace {

// Every function name after INFOGRAD_API in ops/*.h whose result is a class (a Tensor or a struct of them),
// plus the conversions of Tensor that live in ops/cast.cpp.
std::set<std::string> exported_ops() {
  std::set<std::string> names = {"to", "contiguous", "clone"};
  const std::regex declaration(R"(INFOGRAD_API\s+([A-Z][A-Za-z]*)\s*&?\s+([a-z][a-z0-9_]*)\s*\()");
  for (const auto& entry : std::filesystem::directory_iterator(INFOGRAD_SOURCE_DIR "/ops")) {
    if (entry.path().extension() != ".h") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator it(source.begin(), source.end(), declaration), end; it != end; ++it)
      names.insert((*it)[2]);
  }
  return names;
}

TEST(OpGuard, EveryExportedOpHasARow) {
  std::set<std::string> covered;
  for (const OpCase& row : op_cases()) covered.insert(row.op);
  const std::set<std::string> exported = exported_ops();
  ASSERT_GT(exported.size(), 90U) << "the headers were not parsed";
  for (const std::string& op : exported)
    EXPECT_TRUE(covered.count(op)) << op << " has no row in tests/op_cases";
  for (const std::string& op : covered)
    EXPECT_TRUE(exported.count(op)) << "row " << op << " names no exported op";
}

TEST(OpGuard, RowNamesAreUnique) {
  std::set<std::string> names;
  for (const OpCase& row : op_cases())
    EXPECT_TRUE(names.insert(name_of(row)).second) << name_of(row) << " occurs twice";
}

TEST(OpGuard, EveryBenchmarkRuns) {
  for (const OpCase& row : op_cases()) {
    SCOPED_TRACE(name_of(row));
    EXPECT_NO_THROW({
      const BenchStep step = bench_step(row);
      for (const Pass pass : bench_passes(row)) step.run(pass);
    });
  }
}

}  // namespace
}  // namespace infograd::testing
