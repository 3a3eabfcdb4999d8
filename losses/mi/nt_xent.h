// NT-Xent, the loss of SimCLR.
#pragma once

#include <infograd/losses/mi/options.h>

namespace infograd::losses {

struct NtXentOptions {
  double temperature = 0.5;
  ScoreOptions common{};
};

/// Two views [K, d] of the same K inputs. The 2K rows are L2-normalised; each has to find its partner among
/// the 2K - 1 others: -mean(s_ip - log-sum-exp_{l != i} s_il), s = cosine / temperature. The report is log(2K
/// - 1) - loss, kind neither, cap log(2K - 1). A zero row has similarity 0 to all, and a finite gradient.
INFOGRAD_API Tensor nt_xent(const Tensor& view_a, const Tensor& view_b, const NtXentOptions& options = {});

}  // namespace infograd::losses
