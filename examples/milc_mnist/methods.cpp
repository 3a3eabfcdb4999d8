#include "methods.h"

#include <fmt/core.h>

namespace milc {

using namespace ig;
using losses::MilcForm;

namespace {

Method milc_method(MilcForm form, double lambda) {
  std::string name = "c";
  if (form != MilcForm::c) name = fmt::format("{} {}", form == MilcForm::a ? "a" : "b", lambda);
  return {.name = "MILC " + name,
          .loss = [=](const Tensor& z,
                      const Tensor& y) { return losses::milc_loss(z, y, {.form = form, .lambda = lambda}); },
          .is_milc = true};
}

}  // namespace

std::vector<Method> methods(bool lambda_sweep) {
  std::vector<Method> all{
      {"CE", [](const Tensor& z, const Tensor& y) { return losses::cross_entropy(z, y); }}};
  if (lambda_sweep) {
    for (const MilcForm form : {MilcForm::a, MilcForm::b})
      for (const double lambda : {.01, .1, .5, 1., 2.}) all.push_back(milc_method(form, lambda));
    return all;
  }
  all.push_back(milc_method(MilcForm::a, .1));
  all.push_back(milc_method(MilcForm::a, 1));
  all.push_back(milc_method(MilcForm::b, .1));
  all.push_back(milc_method(MilcForm::c, 1));
  all.push_back({"smoothing excl .1",
                 [](const Tensor& z, const Tensor& y) { return losses::label_smoothing_loss(z, y, .1); }});
  all.push_back({"smoothing incl .1", [](const Tensor& z, const Tensor& y) {
                   return losses::label_smoothing_loss(z, y, .1, losses::LabelSmoothing::inclusive);
                 }});
  all.push_back({"penalty .1",
                 [](const Tensor& z, const Tensor& y) { return losses::confidence_penalty_loss(z, y, .1); }});
  all.push_back(
      {"GER .5 .5", [](const Tensor& z, const Tensor& y) { return losses::ger_loss(z, y, .5, .5); }});
  return all;
}

}  // namespace milc
