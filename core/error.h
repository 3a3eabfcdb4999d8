// One family of exceptions. A message names the op or file, what is wrong, every shape or value, and the
// usual cause.
#pragma once

#include <stdexcept>
#include <string>

#include <infograd/core/export.h>

namespace infograd {

/// Base of everything infograd throws on purpose.
class INFOGRAD_API Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~Error() override;
};
/// Shapes that do not fit the op.
class INFOGRAD_API ShapeError : public Error {
 public:
  using Error::Error;
  ~ShapeError() override;
};
/// Wrong or mixed element types.
class INFOGRAD_API DTypeError : public Error {
 public:
  using Error::Error;
  ~DTypeError() override;
};
/// Wrong or mixed devices, or a device that is not there.
class INFOGRAD_API DeviceError : public Error {
 public:
  using Error::Error;
  ~DeviceError() override;
};
/// A file or stream that cannot be read or written.
class INFOGRAD_API IoError : public Error {
 public:
  using Error::Error;
  ~IoError() override;
};
/// A method a backend lacks, or a derivative that does not exist.
class INFOGRAD_API NotImplemented : public Error {
 public:
  using Error::Error;
  ~NotImplemented() override;
};
/// An argument outside its range, or a call in the wrong state.
class INFOGRAD_API ValueError : public Error {
 public:
  using Error::Error;
  ~ValueError() override;
};

}  // namespace infograd
