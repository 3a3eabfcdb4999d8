// Item 1 of the acceptance of the fuzzy losses: worked examples from an independent program, f64 and f32.
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include <infograd/core/error.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

#include "tests/losses/fuzzy_support.h"

namespace infograd::losses {
namespace {

using namespace fuzzy_test;
using Values = std::vector<double>;
using L = FuzzyMiLoss;

struct Slope {
  L loss;
  char of;  ///< 'x' or 'y'
  Values expected;
};
/// One table of the specification. What is empty or NaN is not given there.
struct Golden {
  std::string name;
  FuzzyHistogramOptions options;
  Pair data;
  Values p, q, joint;
  std::map<std::string, double> facts;  ///< members of the report
  std::map<L, double> losses;
  std::vector<Slope> slopes;
  Values weights = {};
};

std::ostream& operator<<(std::ostream& stream, const Golden& golden) {
  return stream << golden.name;
}

Values minus(Values v) {
  for (double& x : v) x = -x;
  return v;
}

FuzzyHistogramOptions of(int bins, Membership membership = Membership::triangular,
                         TNorm tnorm = TNorm::product) {
  return {.bins = bins, .membership = membership, .tnorm = tnorm};
}

const Pair kV1{{.1, .4, .8}, {.2, .3, .9}}, kV2{{.1, .35, .6, .85}, {.2, .3, .7, .9}};
const double kLn4 = 1.3862943611198906;

std::vector<Golden> small_tables() {
  return {
      {"V1",
       of(2),
       kV1,
       {0.56666666666666667, 0.43333333333333333},
       {0.53333333333333333, 0.46666666666666667},
       {0.38666666666666667, 0.18, 0.14666666666666667, 0.28666666666666667},
       {{"h_x", 0.68423176513030034},
        {"h_y", 0.69092330931381803},
        {"h_xy", 1.3157831011461535},
        {"mi", 0.059371973297964886},
        {"trace", 0.67333333333333333},
        {"tv", 0.033333333333333333},
        {"lmi", 0.24},
        {"rajski", 0.95487708175743624}},
       {{L::lmi, 0.24},
        {L::lmi_squared, 0.036681481481481481},
        {L::entropy_gap, 0.42103422401056876},
        {L::neg_mi, -0.059371973297964886},
        {L::variation_of_information, 1.2564111278481886},
        {L::rajski, 0.95487708175743624},
        {L::symmetric_uncertainty, 0.91365050473021752},
        {L::chi_square, 1 - 0.11667744020685197},
        {L::l1_dependence, -0.33777777777777778},
        {L::exp_neg_mi, 0.94235617262147987}},
       {{L::neg_mi, 'x', minus({-0.13806126973931892, -0.090235809510074363, 0.196716951865393})},
        {L::neg_mi, 'y', minus({-0.16253279040994465, -0.019056409722210969, 0.17224543119476728})},
        {L::variation_of_information, 'y', {0.36957604502806351, 0.082623283652596145, -0.29998039818136034}},
        {L::lmi, 'x', {-0.088888888888888889, -0.13333333333333333, -0.4}},
        {L::lmi, 'y', {0.4, 0.26666666666666667, 0.088888888888888889}}}},
      {"V1_minimum",
       of(2, Membership::triangular, TNorm::minimum),
       kV1,
       {},
       {},
       {},
       {{"sum", 4.0 / 3}, {"trace", 0.9}, {"mi", 0.061445035623349127}},
       {{L::lmi, 0.088888888888888889}, {L::neg_mi, -0.061445035623349127}, {L::rajski, 0.9534009697890843}},
       {{L::lmi, 'x', {-4.0 / 9, 0, -4.0 / 9}}, {L::lmi, 'y', {4.0 / 9, 0, 4.0 / 9}}}},
      {"V2",
       of(3),
       kV2,
       {0.275, 0.5, 0.225},
       {0.25, 0.45, 0.3},
       {0.15, 0.125, 0, 0.1, 0.26, 0.14, 0, 0.065, 0.16},
       {{"h_x", 1.0372165874167395},
        {"h_y", 1.0670938948757507},
        {"h_xy", 1.8711336028961334},
        {"mi", 0.23317687939635684},
        {"trace", 0.57},
        {"tv", 0.075},
        {"occupied_cells", 7}},
       {{L::lmi, 0.33666666666666667},
        {L::lmi_squared, 0.050633333333333333},
        {L::entropy_gap, 0.55594467698626256},
        {L::neg_mi, -0.23317687939635684},
        {L::variation_of_information, 1.6379567234997765},
        {L::rajski, 0.87538202561514230},
        {L::symmetric_uncertainty, 0.77838167764832125},
        {L::chi_square, 1 - 0.38563411896745230 / 2},
        {L::l1_dependence, -0.42},
        {L::exp_neg_mi, 0.79201347026946196}},
       {{L::neg_mi, 'x',
         minus({-0.27408445406761422, -0.16030115388547512, 0.010071818297823144, 0.31403696904670579})},
        {L::neg_mi, 'y',
         minus({-0.27127081066589772, 0.013187439789450028, 0.0451955252254118, 0.42515196366151511})},
        {L::lmi,
         'x',
         {0.066666666666666667, -0.066666666666666667, -0.26666666666666667, -0.53333333333333333}},
        {L::lmi, 'y', {0.2, -0.13333333333333333, 0.53333333333333333, 0.2}},
        {L::rajski,
         'y',
         {0.14347005334629506, -0.027499492029301365, -0.013662081511767388, -0.24202944100288713}}}},
      {"V2_minimum",
       of(3, Membership::triangular, TNorm::minimum),
       kV2,
       {},
       {},
       {},
       {{"sum", 1.45}, {"trace", 0.85}, {"mi", 0.23497456343572912}},
       {{L::lmi, 0.15}, {L::neg_mi, -0.23497456343572912}, {L::rajski, 0.87387507020664607}},
       {{L::lmi, 'x', {-1.0 / 3, 1.0 / 3, -2.0 / 3, -2.0 / 3}},
        {L::lmi, 'y', {1.0 / 3, -1.0 / 3, 2.0 / 3, 2.0 / 3}}}},
      {"V2_minimum_of_itself",
       of(3, Membership::triangular, TNorm::minimum),
       {kV2.x, kV2.x},
       {},
       {},
       {},
       {{"sum", 1.5}, {"trace", 1}},
       {{L::lmi, 0}},
       {}},
      {"V2_weighted",
       of(3),
       kV2,
       {0.22857142857142857, 0.34285714285714286, 0.42857142857142857},
       {},
       {},
       {{"h_xy", 1.7707169875024985}, {"mi", 0.30485737531320848}},
       {{L::neg_mi, -0.30485737531320848}, {L::lmi, 0.32761904761904762}, {L::rajski, 0.82783393536920122}},
       {{L::lmi, 'y', {0.22857142857142857, 0, 0.30476190476190476, 0.45714285714285714}},
        {L::rajski, 'y', {0.22001053036066729, 0, -0.023652931312191556, -0.41710063133155527}}},
       {1, 0, .5, 2}},
      {"V2_gaussian",
       of(3, Membership::gaussian),
       kV2,
       {},
       {},
       {},
       {{"h_x", 1.0468203875322978},
        {"h_y", 1.0665408864148495},
        {"h_xy", 1.9348776311916024},
        {"mi", 0.1784836427555449}},
       {{L::neg_mi, -0.1784836427555449}, {L::lmi, 0.34345624924919721}, {L::rajski, 0.90775455776723978}},
       {{L::lmi, 'y', {0.1871108444804357, -0.072233272007199893, 0.47447092803399289, 0.14762531705125097}},
        {L::rajski,
         'y',
         {0.13389647360362239, -0.0039789515205080811, -0.0095297500328634527, -0.14102786830231066}}}},
      {"V2_cubic_bspline",
       of(5, Membership::cubic_bspline),
       kV2,
       {0.022458333333333333, 0.26716666666666667, 0.46291666666666667, 0.23283333333333333, 0.014625},
       {},
       {},
       {{"h_xy", 2.258911895834022}, {"mi", 0.13873660089777611}},
       {{L::neg_mi, -0.13873660089777611}, {L::lmi, 0.38970851851851852}, {L::rajski, 0.93858255332860045}},
       {{L::lmi, 'y', {0.087288888888888889, 0.023122222222222222, 0.30728888888888889, 0.22132222222222222}},
        {L::rajski,
         'y',
         {0.081229037769833402, 0.017190952475056085, -0.022380825179308748, -0.078970540251933936}}}},
      {"V2_triangular_cell",
       of(3, Membership::triangular_cell),
       kV2,
       {0.3625, 0.3125, 0.325},
       {},
       {},
       {{"h_xy", 1.7134551323371064}, {"mi", 0.45309630374242967}},
       {{L::neg_mi, -0.45309630374242967}, {L::lmi, 0.25}, {L::rajski, 0.7355657027771608}},
       {{L::lmi, 'x', {0, 0.6, -0.6, 0}},
        {L::rajski, 'y', {0.56783370172231625, 0.0060644400083552111, -0.060132794330062926, 0}}}},
  };
}

/// Values on bin centres, and other cases worked by hand.
std::vector<Golden> edge_tables() {
  const Values centres{0, 1.0 / 3, 2.0 / 3, 1}, mirrored{1, 1 - 1.0 / 3, 1 - 2.0 / 3, 0};
  Pair factorial;
  for (const double a : centres)
    for (const double b : centres) {
      factorial.x.push_back(a);
      factorial.y.push_back(b);
    }
  return {
      {"identical_centres",
       of(4),
       {centres, centres},
       {},
       {},
       {},
       {{"h_x", kLn4}, {"h_y", kLn4}, {"h_xy", kLn4}, {"mi", kLn4}, {"trace", 1}},
       {{L::lmi, 0},
        {L::variation_of_information, 0},
        {L::rajski, 0},
        {L::symmetric_uncertainty, 0},
        {L::chi_square, 0},
        {L::l1_dependence, -1.5}},
       {}},
      {"mirrored_centres",
       of(4),
       {centres, mirrored},
       {},
       {},
       {},
       {{"mi", kLn4}, {"trace", 0}, {"tv", 0}},
       {{L::lmi, 2.0 / 3}, {L::lmi_squared, 1.0 / 6}},
       {}},
      {"factorial",
       of(4),
       factorial,
       {},
       {},
       {},
       {{"mi", 0}, {"trace", .25}},
       {{L::lmi, .5}, {L::lmi_squared, 0.09375}, {L::rajski, 1}},
       {}},
      {"two_by_two_counts",
       of(2, Membership::crisp),
       {{0, 0, 0, 0, 1, 1, 1, 1}, {0, 0, 0, 1, 0, 1, 1, 1}},
       {},
       {},
       {3.0 / 8, 1.0 / 8, 1.0 / 8, 3.0 / 8},
       {{"h_xy", 1.2554823251787537}, {"mi", 0.13081203594113696}},
       {{L::lmi, 1.0 / 6},
        {L::chi_square, .75},
        {L::rajski, 0.89580734565696722},
        {L::symmetric_uncertainty, 0.81127812445913286}},
       {}},
      {"between_centres",
       of(3),
       {{.25, .75}, {.25, .75}},
       {.25, .5, .25},
       {.25, .5, .25},
       {.125, .125, 0, .125, .25, .125, 0, .125, .125},
       {{"h_x", 1.0397207708399180}, {"h_xy", 1.9061547465398496}, {"mi", 0.17328679513998633}},
       {{L::lmi, 1.0 / 3}, {L::rajski, 10.0 / 11}},
       {}},
      {"constant_off_a_centre",
       of(2),
       {{.3}, {.3}},
       {},
       {},
       {},
       {{"h_x", 0.61086430205489346}, {"h_y", 0.61086430205489346}, {"mi", 0}, {"trace", .58}},
       {{L::lmi, .28}},
       {}},
      {"constant_on_a_centre",
       of(3),
       {{.5, .5}, {.5, .5}},
       {},
       {},
       {},
       {{"h_x", 0}, {"h_y", 0}, {"h_xy", 0}},
       {{L::lmi, 0}},
       {}},
      {"clamped",
       of(5),
       {{-.2, .5, 1.3}, {.25, .5, 1}},
       {},
       {},
       {},
       {{"h_x", std::log(3.0)},
        {"h_y", std::log(3.0)},
        {"h_xy", std::log(3.0)},
        {"mi", std::log(3.0)},
        {"trace", 2.0 / 3},
        {"tv", 1.0 / 3},
        {"out_of_range", 1.0 / 3}},
       {{L::lmi, 4.0 / 9}, {L::chi_square, .5}},
       {}},
  };
}

void expect_all(const Tensor& actual, const Values& expected, double tolerance, const std::string& what) {
  if (expected.empty()) return;
  const Values values = numbers(actual);
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], tolerance) << what << i;
}

double fact(const FuzzyMiReport& r, const std::string& name) {
  const std::map<std::string, double> all{{"h_x", r.h_x},
                                          {"h_y", r.h_y},
                                          {"h_xy", r.h_xy},
                                          {"mi", r.mi},
                                          {"trace", r.trace},
                                          {"tv", r.tv},
                                          {"lmi", r.lmi},
                                          {"rajski", r.rajski},
                                          {"out_of_range", r.out_of_range},
                                          {"occupied_cells", r.occupied_cells}};
  return all.at(name);
}

class FuzzyGolden : public ::testing::TestWithParam<Golden> {};

TEST_P(FuzzyGolden, Item1) {
  const Golden& golden = GetParam();
  for (const auto& [dtype, tolerance] : {std::pair{DType::f64, 1e-12}, std::pair{DType::f32, 1e-5}}) {
    SCOPED_TRACE(std::string(name(dtype)));
    FuzzyMiOptions options{.histogram = golden.options};
    if (!golden.weights.empty()) {
      Tensor mask = leaf(golden.weights, dtype);
      options.histogram.mask = mask.detach();
    }
    const Tensor x = leaf(golden.data.x, dtype), y = leaf(golden.data.y, dtype);
    const FuzzyHistogram h = fuzzy_joint_histogram(x, y, options.histogram);
    EXPECT_EQ(h.joint.dtype(), dtype);
    expect_all(h.p, golden.p, tolerance, "p");
    expect_all(h.q, golden.q, tolerance, "q");
    expect_all(h.joint, golden.joint, tolerance, "joint");
    const FuzzyMiReport report = fuzzy_mi_report(x, y, options);
    for (const auto& [what, value] : golden.facts) {
      const double actual = what == "sum" ? sum(h.joint).item() : fact(report, what);
      EXPECT_NEAR(actual, value, tolerance) << what;
    }
    for (const auto& [loss, value] : golden.losses) {
      options.loss = loss;
      EXPECT_NEAR(fuzzy_mi_loss(x, y, options).item(), value, tolerance) << static_cast<int>(loss);
      EXPECT_NEAR(fuzzy_mi_loss(h, options).item(), value, tolerance)
          << static_cast<int>(loss) << " composed";
    }
    for (const Slope& slope : golden.slopes) {
      options.loss = slope.loss;
      const Tensor& of = slope.of == 'x' ? x : y;
      expect_all(grad(fuzzy_mi_loss(x, y, options), {of})[0], slope.expected, tolerance,
                 "slope of " + std::to_string(static_cast<int>(slope.loss)) + slope.of);
    }
  }
}

std::string label(const ::testing::TestParamInfo<Golden>& test) {
  return test.param.name;
}
INSTANTIATE_TEST_SUITE_P(Tables, FuzzyGolden, ::testing::ValuesIn(small_tables()), label);
INSTANTIATE_TEST_SUITE_P(Edges, FuzzyGolden, ::testing::ValuesIn(edge_tables()), label);

TEST(FuzzyExamples, Item1GeneratedPairs) {
  const Pair data = lcg_pairs();
  const Tensor x = leaf(data.x), y = leaf(data.y);
  FuzzyMiOptions options{.histogram = of(2)};
  const FuzzyMiReport r = fuzzy_mi_report(x, y, options);
  EXPECT_NEAR(r.h_x, 0.69306542229769733, 1e-12);
  EXPECT_NEAR(r.h_y, 0.69312599060899909, 1e-12);
  EXPECT_NEAR(r.h_xy, 1.359473842691428, 1e-12);
  EXPECT_NEAR(r.mi, 0.026717570215268377, 1e-12);
  EXPECT_NEAR(r.trace, 0.61509339631190928, 1e-12);
  EXPECT_NEAR(r.tv, 0.0031386109767481685, 1e-12);
  EXPECT_NEAR(r.lmi, 0.25869680977655926, 1e-12);
  EXPECT_NEAR(r.rajski, 0.98034712447105707, 1e-12);
  options.loss = L::chi_square;
  EXPECT_NEAR(fuzzy_mi_loss(x, y, options).item(), 1 - 0.05295854641016553, 1e-12);
  const auto slope = [&](L loss) {
    options.loss = loss;
    return grad(fuzzy_mi_loss(x, y, options), {y})[0];
  };
  EXPECT_NEAR(sum(slope(L::lmi)).item(), -0.67519145583113035, 1e-12);
  EXPECT_NEAR(sum(abs(slope(L::lmi))).item(), 0.67519145583113035, 1e-12);
  EXPECT_NEAR(-sum(slope(L::neg_mi)).item(), 0.00050628150671128713, 1e-12);
  EXPECT_NEAR(-sum(y.detach() * slope(L::neg_mi)).item(), 0.054177668889561725, 1e-12);
}

TEST(FuzzyExamples, Item1NoGradientOutsideTheRange) {
  const Tensor x = leaf({-.2, .5, 1.3}), y = leaf({.25, .5, 1});
  for (const Named& named : kLosses) {
    const Values slope = numbers(grad(fuzzy_mi_loss(x, y, {.loss = named.loss, .histogram = of(5)}), {x})[0]);
    EXPECT_EQ(slope[0], 0) << named.name;
    EXPECT_EQ(slope[2], 0) << named.name;
  }
}

}  // namespace
}  // namespace infograd::losses
