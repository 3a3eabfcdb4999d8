// MNIST and data sets that share its files (Fashion-MNIST, EMNIST digits). Nothing is ever downloaded.
#pragma once

#include <string>

#include <infograd/nn/data/dataset.h>

namespace infograd::data {

struct MnistOptions {
  int64_t limit = 0;     ///< first `limit` samples only; 0 = all
  int64_t classes = 10;  ///< a label outside 0 .. classes-1 throws
  bool verify = false;   ///< a checksum other than MNIST's throws; otherwise it is one warning on stderr
};

/// images u8 [N, 1, 28, 28], labels i64 [N], from `dir`, `dir`/mnist or `dir`/MNIST/raw. Each file may be
/// spelled `train-images-idx3-ubyte` or `train-images.idx3-ubyte`, plain or `.gz`. Throws IoError listing
/// every name tried.
INFOGRAD_API Dataset mnist(const std::string& dir, Split split, const MnistOptions& options = {});

/// True when all four files are in `dir`, `dir`/mnist or `dir`/MNIST/raw; the content is not read.
INFOGRAD_API bool holds_mnist(const std::string& dir);

/// The directory that holds the four files: `dir` or one of its two sub-directories; "" when there is none.
/// An empty `dir` stands for the environment variable INFOGRAD_DATA.
INFOGRAD_API std::string find_mnist(const std::string& dir = "");

}  // namespace infograd::data
