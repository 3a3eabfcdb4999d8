// What is charged for the information that the representation keeps of the image.
#pragma once

#include <memory>
#include <string>

#include "network.h"

namespace mige_ib {

/// mean of KL(N(mu, sigma^2) || N(0, I)), nats: an upper bound of I(X; Z).
Tensor kl_to_normal(const Code& code);

class Rate {
 public:
  virtual ~Rate() = default;
  /// Has the representation noise?
  virtual bool noisy() const { return true; }
  /// A scalar whose gradient is that of the information, or of a bound, in the encoder. x [B, 784], z [B, K].
  virtual Tensor operator()(const Tensor& x, const Code& code, const Tensor& z) = 0;
  /// Does its value mean nats?
  virtual bool in_nats() const { return true; }
  /// Eigenfunctions that were kept of the last batch, where there are some.
  virtual int64_t eigenfunctions() const { return 0; }
};

/// "none", "vib", "mine", "mige" or "mige-joint". `generator` starts a critic and shuffles its negatives.
std::unique_ptr<Rate> make_rate(const std::string& method, int64_t units, const Options& options,
                                const ig::Generator& generator);

}  // namespace mige_ib
