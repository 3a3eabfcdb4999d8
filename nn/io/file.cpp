#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <infograd/core/check.h>
#include <infograd/nn/io/file.h>

namespace infograd::io {

namespace {

std::string reason() {
  return std::strerror(errno);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  bool close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_;
};

void write_all(int fd, const std::string& path, const void* data, size_t bytes) {
  const auto* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(fd, at, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail<IoError>("{}: cannot write: {}", path, reason());
    at += written;
    bytes -= static_cast<size_t>(written);
  }
}

// A sibling, so that rename stays on one file system; process and counter, so that two writers never share
// it.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  return fmt::format("{}.{}-{}.tmp", path, ::getpid(), counter++);
}

}  // namespace

bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

Bytes read_file(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail<IoError>("{}: cannot open for reading: {}", path, reason());
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) fail<IoError>("{}: cannot stat: {}", path, reason());
  check<IoError>(S_ISREG(info.st_mode), "{}: not a regular file", path);
  Bytes bytes(static_cast<size_t>(info.st_size));
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail<IoError>("{}: cannot read at byte {}: {}", path, have, reason());
    check<IoError>(got > 0, "{}: ends at byte {} of {}; another program is changing it", path, have,
                   bytes.size());
    have += static_cast<size_t>(got);
  }
  return bytes;
}

void write_file_atomically(const std::string& path, const std::function<void(const Sink&)>& write) {
  // A killed process with the same number (every container has a process 1) may have left its file behind.
  std::string temporary;
  int opened = -1;
  do {
    temporary = temporary_name(path);
    opened = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (opened < 0 && errno == EEXIST);
  Descriptor file(opened);
  if (file.get() < 0) fail<IoError>("{}: cannot create: {}", temporary, reason());
  try {
    write([&](const void* data, size_t bytes) { write_all(file.get(), temporary, data, bytes); });
    if (::fsync(file.get()) != 0) fail<IoError>("{}: cannot flush: {}", temporary, reason());
    if (!file.close()) fail<IoError>("{}: cannot close: {}", temporary, reason());
    if (::rename(temporary.c_str(), path.c_str()) != 0)
      fail<IoError>("{}: cannot rename to {}: {}", temporary, path, reason());
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  // The rename itself reaches the disk with its directory; a file system that cannot flush directories is not
  // an error.
  const auto parent = std::filesystem::path(path).parent_path();
  Descriptor directory(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());
}

}  // namespace infograd::io
