// Private: what the one-batch and the two-pass form of MILC share.
#pragma once

#include <string_view>
#include <vector>

#include <infograd/losses/mi/milc/milc.h>

namespace infograd::losses {

/// Throws for options that no batch can satisfy.
void check_milc_options(std::string_view op, const MilcOptions& options, int64_t classes);
/// +1 times lambda for a and joint, -1 for c: the factor of Hm in the loss.
double marginal_weight(const MilcOptions& options);

/// The distribution that stands for P(Y): label frequencies, a prior, or uniform.
std::vector<double> milc_target(std::string_view op, const MilcOptions& options,
                                const std::vector<int64_t>& counts);
/// -sum p log p.
double entropy_of(const std::vector<double>& p);
/// counts / sum.
std::vector<double> frequencies(const std::vector<int64_t>& counts);
/// The same numbers [C] with dtype and device of `like`.
Tensor classes_like(const std::vector<double>& values, const Tensor& like);

/// log(e^a + e^b) of two tensors of one shape; exact for -inf.
Tensor log_add_exp(const Tensor& a, const Tensor& b);
/// -sum_c target_c L_c over the classes of non-zero target: a class that cannot occur may have L = -inf.
Tensor cross_entropy_of_marginal(const Tensor& target, const Tensor& log_marginal);

}  // namespace infograd::losses
