// Private: scores before they are rounded to the type of the samples, for ssge.h and mige.h.
#pragma once

#include <string_view>

#include <infograd/losses/mi/mige/ssge.h>

namespace infograd::losses::ssge {

/// Throws unless x is [M >= 2, d >= 1], floating and finite, and the options are in range; `op` and
/// `argument` name what is wrong.
void check_samples(std::string_view op, std::string_view argument, const Tensor& x,
                   const SsgeOptions& options);
/// ValueError where an entry is not.
void check_finite(std::string_view op, std::string_view argument, const Tensor& x);
/// ssge_score of checked samples, f64 or, where the options and x say so, f32. Outside the graph.
Tensor scores(std::string_view op, const Tensor& x, const SsgeOptions& options, SsgeInfo& info);
/// ssge_score_at of checked samples and points.
Tensor scores_at(std::string_view op, const Tensor& x, const Tensor& q, const SsgeOptions& options,
                 SsgeInfo& info);
/// Mean over the samples of score . x, the score a constant: what makes a surrogate of scores.
INFOGRAD_API Tensor mean_product(const Tensor& score, const Tensor& x);

}  // namespace infograd::losses::ssge
