#include <infograd/autograd/grad_mode.h>

namespace infograd {

namespace {
thread_local bool enabled = true;
}  // namespace

bool grad_enabled() {
  return enabled;
}
void set_grad_enabled(bool on) {
  enabled = on;
}

NoGrad::NoGrad() : before_(enabled) {
  enabled = false;
}
NoGrad::~NoGrad() {
  enabled = before_;
}
EnableGrad::EnableGrad() : before_(enabled) {
  enabled = true;
}
EnableGrad::~EnableGrad() {
  enabled = before_;
}

}  // namespace infograd
