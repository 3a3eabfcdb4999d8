// The rows of loss_cases.h. Values and gradients: tests/golden/information_losses.py and image_losses.py.
#include <cctype>
#include <cmath>

#include <tests/golden/milc.h>
#include <tests/loss_cases.h>

#include <infograd/losses/classification/bce.h>
#include <infograd/losses/classification/confidence_penalty.h>
#include <infograd/losses/classification/cross_entropy.h>
#include <infograd/losses/classification/ger.h>
#include <infograd/losses/classification/label_smoothing.h>
#include <infograd/losses/mi/dv.h>
#include <infograd/losses/mi/fuzzy/fuzzy.h>
#include <infograd/losses/mi/info_nce.h>
#include <infograd/losses/mi/jsd.h>
#include <infograd/losses/mi/mige/mige.h>
#include <infograd/losses/mi/milc/milc.h>
#include <infograd/losses/mi/mine.h>
#include <infograd/losses/mi/nt_xent.h>
#include <infograd/losses/mi/nwj.h>
#include <infograd/losses/mi/smile.h>
#include <infograd/losses/mi/tuba.h>
#include <infograd/losses/regression/mse.h>
#include <infograd/losses/regression/ssim.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::testing {
namespace {

using namespace infograd::losses;

Tensor golden_scores() {
  return tensor({{1.5, -0.5, 0.25}, {0.75, 2, -1.25}, {-0.25, 0.5, 1}}, DType::f64);
}

Tensor normal(const Shape& shape, uint64_t seed) {
  Generator generator(seed);
  return rand_normal(shape, 0, 1, DType::f64, generator);
}

/// Section 9 of the specification: constant, equal, duplicated, single, +-1e4, one dominating entry.
std::vector<Inputs> score_extremes() {
  const Tensor duplicated = tensor({{1, 1, -2}, {1, 1, -2}, {0, 0, 3}}, DType::f64);
  const Tensor signs = tensor({{1, -1, 1}, {-1, -1, 1}, {1, 1, -1}}, DType::f64);
  const Tensor dominating_negative = tensor({{0, 1e4, 0}, {0, 0, 0}, {0, 0, 0}}, DType::f64);
  const Tensor dominating_pair = tensor({{1e4, 0, 0}, {0, 0, 0}, {0, 0, 0}}, DType::f64);
  return {{zeros({3, 3}, DType::f64)},
          {full({4, 4}, 0.7, DType::f64)},
          {duplicated},
          {full({1, 1}, 3, DType::f64)},
          {signs * 1e4},
          {signs * -1e4},
          {full({3, 3}, 1e4, DType::f64)},
          {full({3, 3}, -1e4, DType::f64)},
          {dominating_negative},
          {dominating_pair}};
}

/// A row of the score-matrix family.
LossCase on_scores(std::string function, std::string variant,
                   std::function<Tensor(const Tensor&, Estimate*)> loss, double objective,
                   std::vector<double> gradient) {
  LossCase row;
  row.function = std::move(function);
  row.variant = std::move(variant);
  row.loss = [loss = std::move(loss)](const Inputs& in, Estimate* report) { return loss(in[0], report); };
  row.golden = {golden_scores()};
  row.value = -objective;
  row.gradients = {std::move(gradient)};
  row.random = {normal({5, 5}, 11)};
  row.extremes = score_extremes();
  return row;
}

const std::vector<double> kJsdGradient{-.06080851, .06292344, .09369608, .11319645, -.03973431,
                                       .03711669,  .07297058, .10374322, -.08964714};
const std::vector<double> kSymmetricGradient{-.11486741, .02634553, .08348206, .08385641, -.07988078,
                                             .01601004,  .04281854, .08189231, -.13965671};

std::vector<LossCase> score_rows() {
  std::vector<LossCase> rows;
  rows.push_back(on_scores("dv", "", [](const Tensor& s, Estimate* e) { return dv(s, {.report = e}); },
                           1.3864357853,
                           {-.33333333, .09023628, .19103021, .31495557, -.33333333, .04262460, .11586568,
                            .24528765, -.33333333}));
  rows.push_back(on_scores(
      "nwj", "", [](const Tensor& s, Estimate* e) { return nwj(s, {.common = {.report = e}}); }, 1.0878779705,
      {-.33333333, .03718836, .07872776, .12980013, -.33333333, .01756654, .04775080, .10108844,
       -.33333333}));
  rows.push_back(on_scores("info_nce", "rows",
                           [](const Tensor& s, Estimate* e) {
                             return info_nce(s, {.direction = Direction::rows, .common = {.report = e}});
                           },
                           .6746934643,
                           {-.09889534, .03172773, .06716761, .07206150, -.08181397, .00975246, .05044892,
                            .10680037, -.15724929}));
  rows.push_back(on_scores("info_nce", "columns",
                           [](const Tensor& s, Estimate* e) {
                             return info_nce(s, {.direction = Direction::columns, .common = {.report = e}});
                           },
                           .6916752434,
                           {-.13083948, .02096334, .09979651, .09565132, -.07794760, .02226761, .03518816,
                            .05698426, -.12206412}));
  rows.push_back(on_scores(
      "info_nce", "symmetric",
      [](const Tensor& s, Estimate* e) { return info_nce(s, {.common = {.report = e}}); },
      (.6746934643 + .6916752434) / 2, kSymmetricGradient));
  rows.push_back(on_scores(
      "jsd", "", [](const Tensor& s, Estimate* e) { return jsd(s, {.common = {.report = e}}); }, -.9203398081,
      kJsdGradient));
  for (const auto& [tau, value] : {std::pair{0.6, 1.3912938024}, {1.0, 1.3744020122}, {5.0, 1.3864357853}}) {
    rows.push_back(on_scores(
        "smile", "tau " + std::to_string(tau),
        [tau = tau](const Tensor& s, Estimate* e) { return smile(s, {.tau = tau, .common = {.report = e}}); },
        value, kJsdGradient));
    rows.back().gradcheck = false;
  }
  // The second of the batches S, S/2, 2S. The value is the surrogate: mean d minus the weight of the step.
  rows.push_back(on_scores("mine", "second step",
                           [](const Tensor& s, Estimate* e) {
                             MineState state{.log_m = .0610908948 + std::log(1 - .81), .t = 2};
                             return mine(s, state, {.training = false, .common = {.report = e}});
                           },
                           .75 - .9515130002,
                           {-.33333333, .12210788, .17766592, .22812755, -.33333333, .08392344, .13836636,
                            .20132186, -.33333333}));
  rows.back().golden = {golden_scores() * 0.5};

  LossCase baseline;
  baseline.function = "tuba";
  baseline.loss = [](const Inputs& in, Estimate* e) { return tuba(in[0], in[1], {.report = e}); };
  baseline.golden = {golden_scores(), tensor({.5, -.25, 0}, DType::f64)};
  baseline.value = -1.3795461696;
  baseline.gradients = {
      {-.33333333, .12980013, .21400424, .21400424, -.33333333, .04775080, .07872776, .35283334, -.33333333},
      {.04060134, -.14930013, .07157830}};
  baseline.random = {normal({5, 5}, 12), normal({5}, 13)};
  for (Inputs in : score_extremes()) {
    in.push_back(zeros({in[0].size(0)}, DType::f64));
    baseline.extremes.push_back(in);
  }
  baseline.extremes.push_back({zeros({2, 2}, DType::f64), tensor({1e4, -1e4}, DType::f64)});
  rows.push_back(baseline);
  return rows;
}

std::vector<LossCase> embedding_rows() {
  LossCase views;
  views.function = "nt_xent";
  views.loss = [](const Inputs& in, Estimate* e) {
    return nt_xent(in[0], in[1], {.temperature = 0.2, .common = {.report = e}});
  };
  views.golden = {tensor({{.5, 2}, {2, 0}, {1, 1.5}, {-1, -.5}}, DType::f64),
                  tensor({{.7, 1.5}, {1.5, .5}, {1.2, 1}, {-.6, 0}}, DType::f64)};
  views.value = .7538692968;
  views.gradients = {{.07265764, -.01816441, 0, .02767139, -.12614345, .08409563, .00062916, -.00125831}, {}};
  views.random = {normal({4, 3}, 14), normal({4, 3}, 15)};
  views.extremes = {{zeros({3, 2}, DType::f64), zeros({3, 2}, DType::f64)},
                    {ones({3, 2}, DType::f64), ones({3, 2}, DType::f64)},
                    {full({3, 2}, 1e4, DType::f64), full({3, 2}, -1e4, DType::f64)},
                    {ones({1, 2}, DType::f64), ones({1, 2}, DType::f64)},
                    {tensor({{0, 0}, {1, 2}}, DType::f64), tensor({{1, 1}, {0, 0}}, DType::f64)}};

  LossCase tiled;  // S = u I^T: the worked example of the dense form
  tiled.function = "info_nce";
  tiled.variant = "tiled";
  tiled.loss = [](const Inputs& in, Estimate* e) {
    return info_nce(in[0], in[1], {.tile = 2, .common = {.report = e}});
  };
  tiled.golden = {golden_scores(), eye(3, DType::f64)};
  tiled.value = -(.6746934643 + .6916752434) / 2;
  tiled.gradients = {kSymmetricGradient, {}};
  tiled.random = {normal({5, 3}, 16), normal({5, 3}, 17)};
  tiled.second_order = false;
  tiled.extremes = {{zeros({3, 2}, DType::f64), zeros({3, 2}, DType::f64)},
                    {full({3, 2}, 100, DType::f64), full({3, 2}, -100, DType::f64)},
                    {tensor({{100, 0}, {-100, 0}}, DType::f64), tensor({{100, 0}, {100, 0}}, DType::f64)},
                    {ones({1, 2}, DType::f64), ones({1, 2}, DType::f64)}};
  return {views, tiled};
}

/// Losses on labels and targets, worked by hand: logits (0, log 3) have softmax (1/4, 3/4).
std::vector<LossCase> supervised_rows() {
  const Tensor logits = tensor({{0, std::log(3.0)}, {std::log(3.0), 0}}, DType::f64);
  const Tensor labels = from_data(std::vector<int64_t>{1, 1}, {2});
  const Tensor several = from_data(std::vector<int64_t>{2, 0, -100, 1}, {4});
  const Tensor extreme = tensor({{1e4, -1e4}, {-1e4, 1e4}}, DType::f64);
  const auto labels_of = [=](const Tensor& x) { return (x.size(0) == 2 ? labels : several).to(x.device()); };
  std::vector<LossCase> rows(6);
  for (LossCase& row : rows) row.has_report = false;

  rows[0].function = "cross_entropy";
  rows[0].variant = "labels";
  rows[0].loss = [=](const Inputs& in, Estimate*) { return cross_entropy(in[0], labels_of(in[0])); };
  rows[0].golden = {logits};
  rows[0].value = (std::log(4.0 / 3) + std::log(4.0)) / 2;
  rows[0].gradients = {{.125, -.125, .375, -.375}};
  rows[0].random = {normal({4, 3}, 21)};
  rows[0].extremes = {{extreme}, {zeros({2, 2}, DType::f64)}};

  // Smoothing 0.2 of two classes makes the target (0.1, 0.9); class weights 1 and 3 make it (0.1, 2.7).
  rows[1].function = "cross_entropy";
  rows[1].variant = "smoothing and class weights";
  rows[1].loss = [=](const Inputs& in, Estimate*) {
    const Tensor weight = in[0].size(0) == 2 ? tensor({1, 3}, DType::f64) : tensor({1, 3, 0.5}, DType::f64);
    return cross_entropy(in[0], labels_of(in[0]),
                         {.smoothing = 0.2, .class_weight = weight.to(in[0].dtype()).to(in[0].device())});
  };
  rows[1].golden = {logits};
  rows[1].value = 2.8 * (std::log(4.0) + std::log(4.0 / 3)) / 6;
  rows[1].gradients = {{(0.7 - 0.1) / 6, (2.1 - 2.7) / 6, (2.1 - 0.1) / 6, (0.7 - 2.7) / 6}};
  rows[1].random = {normal({4, 3}, 22)};
  rows[1].extremes = {{extreme}};

  rows[2].function = "cross_entropy";
  rows[2].variant = "soft targets";
  rows[2].loss = [](const Inputs& in, Estimate*) { return cross_entropy(in[0], in[1]); };
  rows[2].golden = {logits, tensor({{.1, .9}, {.1, .9}}, DType::f64)};
  rows[2].value = (std::log(4.0) + std::log(4.0 / 3)) / 2;
  rows[2].gradients = {{.075, -.075, .325, -.325}, {}};
  rows[2].random = {normal({4, 3}, 23), sigmoid(normal({4, 3}, 24))};
  rows[2].extremes = {{extreme, eye(2, DType::f64)}, {extreme, 1.0 - eye(2, DType::f64)}};

  rows[3].function = "nll";
  rows[3].loss = [=](const Inputs& in, Estimate*) { return nll(in[0], labels_of(in[0])); };
  rows[3].golden = {tensor({{-1, -2}, {-3, -4}}, DType::f64)};
  rows[3].value = 3;
  rows[3].gradients = {{0, -.5, 0, -.5}};
  rows[3].random = {normal({4, 3}, 25)};
  rows[3].extremes = {{extreme}};

  rows[4].function = "bce_with_logits";
  rows[4].loss = [](const Inputs& in, Estimate*) { return bce_with_logits(in[0], in[1]); };
  rows[4].golden = {tensor({std::log(3.0), 0}, DType::f64), tensor({1, .25}, DType::f64)};
  rows[4].value = (std::log(4.0 / 3) + std::log(2.0)) / 2;
  rows[4].gradients = {{-.125, .125}, {}};
  rows[4].random = {normal({3, 2}, 26), sigmoid(normal({3, 2}, 27))};
  rows[4].extremes = {{tensor({1e4, -1e4}, DType::f64), tensor({0, 1}, DType::f64)},
                      {tensor({1e4, -1e4}, DType::f64), tensor({1, 0}, DType::f64)}};

  rows[5].function = "mse";
  rows[5].loss = [](const Inputs& in, Estimate*) { return mse(in[0], in[1]); };
  rows[5].golden = {tensor({1, 2, 3}, DType::f64), tensor({1, 4, 0}, DType::f64)};
  rows[5].value = 13.0 / 3;
  rows[5].gradients = {{0, -4.0 / 3, 2}, {0, 4.0 / 3, -2}};
  rows[5].random = {normal({3, 2}, 28), normal({3, 2}, 29)};
  rows[5].extremes = {{full({3}, 1e4, DType::f64), full({3}, -1e4, DType::f64)}};
  return rows;
}

/// A row of MILC or of its baselines, at the first worked example. Labels by the number of rows.
LossCase on_classes(std::string function, std::string variant,
                    std::function<Tensor(const Tensor& logits, const Tensor& labels)> loss, double value,
                    std::vector<double> gradient) {
  const Tensor example = from_data(golden::kMilc1.labels, {3});
  const Tensor seven = from_data(std::vector<int64_t>{0, 3, 1, 1, 0, 1, 3}, {7});
  const auto labels_of = [=](const Tensor& z) {
    return z.size(0) == 3 ? example : z.size(0) == 7 ? seven : zeros({z.size(0)}, DType::i64);
  };
  LossCase row;
  row.function = std::move(function);
  row.variant = std::move(variant);
  row.loss = [=](const Inputs& in, Estimate*) { return loss(in[0], labels_of(in[0]).to(in[0].device())); };
  row.golden = {from_data(golden::kMilc1.logits, {3, 3})};
  row.value = value;
  row.gradients = {std::move(gradient)};
  row.random = {normal({7, 4}, 31)};
  row.has_report = false;  // its own test
  const Tensor large = tensor({{1e4, -1e4, 0}, {1e4, 0, -1e4}, {0, -1e4, 1e4}}, DType::f64);
  const Tensor underflow = tensor({{0, 0, -900}, {1, 0, -905}, {0, 2, -901}}, DType::f64);
  row.extremes = {{large}, {underflow}, {zeros({3, 3}, DType::f64)}, {normal({1, 5}, 32)}};
  return row;
}

std::vector<LossCase> classifier_rows() {
  const golden::Milc& e = golden::kMilc1;
  const auto form = [](MilcForm of, double lambda) {
    return [=](const Tensor& z, const Tensor& y) { return milc_loss(z, y, {.form = of, .lambda = lambda}); };
  };
  const auto sum_of = [](std::vector<double> x, double scale, const std::vector<double>& y) {
    for (size_t i = 0; i < x.size(); ++i) x[i] += scale * y[i];
    return x;
  };
  return {
      on_classes("milc_loss", "a", form(MilcForm::a, 0.5), e.a05, e.d_a),
      on_classes("milc_loss", "b", form(MilcForm::b, 0.5), e.b05, sum_of(e.d_ce, -0.5, e.d_hq)),
      on_classes("milc_loss", "c", form(MilcForm::c, 1), e.c, sum_of(e.d_ce, -1, e.d_hm)),
      on_classes("milc_loss", "joint", form(MilcForm::joint, 1), e.ce + e.hm_joint,
                 sum_of(e.d_ce, 1, golden::kMilc1JointGradient)),
      on_classes("milc_loss", "ce", form(MilcForm::ce, 1), e.ce, e.d_ce),
      on_classes("label_smoothing_loss", "exclusive",
                 [](const Tensor& z, const Tensor& y) { return label_smoothing_loss(z, y, 0.1); },
                 e.smooth_exclusive, {}),
      on_classes("label_smoothing_loss", "inclusive",
                 [](const Tensor& z, const Tensor& y) {
                   return label_smoothing_loss(z, y, 0.1, LabelSmoothing::inclusive);
                 },
                 e.smooth_inclusive, {}),
      on_classes(
          "confidence_penalty_loss", "",
          [](const Tensor& z, const Tensor& y) { return confidence_penalty_loss(z, y, 0.1); },
          golden::kMilc1Penalty01, sum_of(e.d_ce, -0.1, golden::kMilc1EntropyGradient)),
      on_classes(
          "ger_loss", "", [](const Tensor& z, const Tensor& y) { return ger_loss(z, y, 0.5, 0.5); }, e.ger,
          sum_of(e.d_ce, 0.5, golden::kMilc1GerGradient)),
  };
}

/// Losses on images. The table of fuzzy_mi_loss is worked in tests/losses/test_fuzzy_golden.cpp as well.
std::vector<LossCase> image_rows() {
  std::vector<LossCase> rows;
  const Tensor x = tensor({.1, .35, .6, .85}, DType::f64), y = tensor({.2, .3, .7, .9}, DType::f64);
  const auto constant = [](double value) { return full({1, 1, 8, 8}, value, DType::f64); };
  const Tensor varied = sigmoid(normal({1, 1, 8, 8}, 33));
  const std::vector<Inputs> images{{constant(.5), constant(.5)},    {constant(.3), constant(.3)},
                                   {constant(.5), varied},          {varied, varied},
                                   {constant(1e4), constant(-1e4)}, {constant(0), constant(1)}};
  const auto add = [&](FuzzyMiLoss loss, std::string name, double value,
                       std::vector<std::vector<double>> gradients) {
    LossCase row;
    row.function = "fuzzy_mi_loss";
    row.variant = std::move(name);
    row.loss = [loss](const Inputs& in, Estimate* e) {
      return fuzzy_mi_loss(in[0], in[1], {.loss = loss, .histogram = {.bins = 3}, .report = e});
    };
    row.golden = {x, y};
    row.value = value;
    row.gradients = std::move(gradients);
    row.random = {sigmoid(normal({2, 2, 4, 4}, 31)), sigmoid(normal({2, 2, 4, 4}, 32))};
    row.second_order = false;
    row.has_report = false;  // no negatives; its own test says what the report holds
    row.extremes = images;
    rows.push_back(std::move(row));
  };
  add(FuzzyMiLoss::lmi, "lmi", .33666666666666667,
      {{1.0 / 15, -1.0 / 15, -4.0 / 15, -8.0 / 15}, {.2, -2.0 / 15, 8.0 / 15, .2}});
  add(FuzzyMiLoss::lmi_squared, "squared", .050633333333333333, {});
  add(FuzzyMiLoss::entropy_gap, "entropy gap", .55594467698626256, {});
  add(FuzzyMiLoss::neg_mi, "negative", -.23317687939635684,
      {{.27408445406761422, .16030115388547512, -.010071818297823144, -.31403696904670579},
       {.27127081066589772, -.013187439789450028, -.0451955252254118, -.42515196366151511}});
  add(FuzzyMiLoss::variation_of_information, "variation", 1.6379567234997765, {});
  add(FuzzyMiLoss::rajski, "rajski", .87538202561514230,
      {{}, {.14347005334629506, -.027499492029301365, -.013662081511767388, -.24202944100288713}});
  add(FuzzyMiLoss::symmetric_uncertainty, "symmetric uncertainty", .77838167764832125, {});
  add(FuzzyMiLoss::chi_square, "chi square", 1 - .38563411896745230 / 2, {});
  add(FuzzyMiLoss::l1_dependence, "l1 dependence", -.42, {});
  add(FuzzyMiLoss::exp_neg_mi, "exp", .79201347026946196, {});

  LossCase similarity;
  similarity.function = "ssim";
  similarity.loss = [](const Inputs& in, Estimate*) { return ssim(in[0], in[1], {.window = 2}); };
  similarity.golden = {from_data(std::vector<double>{.1, .7, .3, .9, .2, .6, .4, .8, .5}, {1, 1, 3, 3}),
                       from_data(std::vector<double>{.2, .6, .4, .7, .1, .9, .3, .8, .6}, {1, 1, 3, 3})};
  similarity.value = .873144167894168;
  similarity.gradients = {{.083311680289, -.109487463802, .028695429114, -.174256482267, -.44613458326,
                           .50300706601, -.023496018604, .044854993135, .031631086741},
                          {-.106065581532, .20672852781, -.079394436235, .228234277287, .168844778419,
                           -.336310630124, .019683559102, .03651812357, -.03329750513}};
  similarity.random = {sigmoid(normal({2, 2, 3, 4}, 34)), sigmoid(normal({2, 2, 3, 4}, 35))};
  similarity.has_report = false;
  similarity.extremes = images;
  rows.push_back(similarity);
  return rows;
}

/// Surrogates of MIGE on the six points of its specification: the value means nothing, the gradient is that
/// of the information. Derivatives: test_mige_surrogates.cpp.
std::vector<LossCase> mige_rows() {
  const Tensor six =
      tensor({{.3, -1.1}, {1.4, .2}, {-.8, .6}, {-1.3, -.4}, {.1, 1.7}, {2.2, -.9}}, DType::f64);
  const std::vector<double> scores{0.015995422598656994, 1.5008774173887032,  -0.7457381137142198,
                                   -0.2648829107534705,  0.5903761305687091,  -0.5150430737764512,
                                   1.0495309872364316,   0.5111090547559082,  -0.3108453470867918,
                                   -1.386386026589536,   -0.6797906582284977, 0.029573624491732398};
  std::vector<double> entropy_gradient;
  for (const double score : scores) entropy_gradient.push_back(-score / 6);
  const std::vector<Inputs> samples{{zeros({3, 2}, DType::f64)},
                                    {full({2, 2}, 0.7, DType::f64)},
                                    {tensor({{1, 2}, {1, 2}, {0, 0}}, DType::f64)},
                                    {tensor({{1e4, -1e4}, {-1e4, 1e4}, {0, 1e4}}, DType::f64)},
                                    {tensor({{1e4, 0}, {0, 0}, {1e-4, 0}, {0, 0}}, DType::f64)}};
  std::vector<LossCase> rows(3);
  for (LossCase& row : rows) {
    row.gradcheck = false;  // scores are constants: the gradient is not that of the value
    row.has_report = false;
    row.extremes = samples;
  }
  rows[0].function = "mige_entropy";
  rows[0].loss = [](const Inputs& in, Estimate*) { return mige_entropy(in[0]); };
  rows[0].golden = {six};
  rows[0].value = 1.500572269630881;
  rows[0].gradients = {entropy_gradient};

  // Section 6.1, mini toy: y = x / 2 + sqrt(3) / 2 eps.
  rows[1].function = "mige_mi";
  rows[1].loss = [](const Inputs& in, Estimate*) {
    const Tensor x = in[0].detach();
    return mige_mi(slice(x, 1, 0, 1), slice(in[0], 1, 0, 1) * 0.5 + slice(in[0], 1, 1) * std::sqrt(0.75))
        .surrogate;
  };
  rows[1].golden = {six};
  rows[1].value = -0.8095454553007736;

  // -S(z) - mean of the sum of log sigma, log sigma = z.
  rows[2].function = "mige_mi_gaussian";
  rows[2].loss = [](const Inputs& in, Estimate*) { return mige_mi_gaussian(in[0], in[0]).surrogate; };
  rows[2].golden = {six};
  rows[2].value = 1.500572269630881 - 2.0 / 6;
  rows[2].gradients = {{}};
  for (const double slope : entropy_gradient) rows[2].gradients[0].push_back(slope - 1.0 / 6);
  return rows;
}

}  // namespace

std::vector<LossCase> loss_cases() {
  std::vector<LossCase> rows = score_rows();
  for (LossCase& row : embedding_rows()) rows.push_back(std::move(row));
  for (LossCase& row : supervised_rows()) rows.push_back(std::move(row));
  for (LossCase& row : classifier_rows()) rows.push_back(std::move(row));
  for (LossCase& row : image_rows()) rows.push_back(std::move(row));
  for (LossCase& row : mige_rows()) rows.push_back(std::move(row));
  return rows;
}

std::string name_of(const LossCase& row) {
  std::string name = row.function + "_" + row.variant;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

}  // namespace infograd::testing
