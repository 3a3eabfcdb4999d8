#include <infograd/core/error.h>

namespace infograd {

// Out of line so that each exception has one home for its type information, also across shared libraries.
Error::~Error() = default;
ShapeError::~ShapeError() = default;
DTypeError::~DTypeError() = default;
DeviceError::~DeviceError() = default;
IoError::~IoError() = default;
NotImplemented::~NotImplemented() = default;
ValueError::~ValueError() = default;

}  // namespace infograd
