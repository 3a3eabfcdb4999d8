// Grad mode: thread-local switch that decides whether ops record. On by default.
#pragma once

#include <infograd/core/export.h>

namespace infograd {

INFOGRAD_API bool grad_enabled();
INFOGRAD_API void set_grad_enabled(bool on);

/// No op records while one of these is alive on this thread.
class INFOGRAD_API NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// Ops record again inside a NoGrad region.
class INFOGRAD_API EnableGrad {
 public:
  EnableGrad();
  ~EnableGrad();
  EnableGrad(const EnableGrad&) = delete;
  EnableGrad& operator=(const EnableGrad&) = delete;

 private:
  bool before_;
};

}  // namespace infograd
