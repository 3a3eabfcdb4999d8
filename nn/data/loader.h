// DataLoader: shuffled batches prepared on a background thread, from a position that can be saved and
// resumed.
#pragma once

#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>

#include <infograd/core/generator.h>
#include <infograd/nn/data/dataset.h>

namespace infograd::data {

struct Batch {
  Tensor images;      ///< [B, ...]
  Tensor labels;      ///< i64 [B], may be undefined
  int64_t epoch = 0;  ///< filled by the loader
  int64_t index = 0;  ///< of this batch in its epoch; filled by the loader
};

/// Makes one batch from the indices of its samples (i64 [B]) and a generator that belongs to this batch
/// alone: what it draws depends on seed, epoch and batch, so augmentation resumes exactly. Runs on the
/// loader's thread, with grad mode off.
using Fetch = std::function<Batch(const Tensor& indices, Generator& generator)>;

struct LoaderOptions {
  int64_t batch_size = 256;
  bool shuffle = true;     ///< a new order each epoch
  bool drop_last = false;  ///< leave out a last batch that is not full
  int prefetch = 2;        ///< batches prepared ahead on one background thread; 0 = none, all in the caller
  /// Where batches are given. On a GPU the background thread also copies them there, through page-locked
  /// memory and on a stream of its own, while the work on earlier batches runs. cpu: where the data lie.
  Device device = cpu;
  Generator generator{0};  ///< order of the samples and randomness of `Fetch`; copied
};

/// Where a loader stands: the next batch it will give. Plain data, for checkpoints.
struct LoaderState {
  int64_t epoch = 0;
  int64_t batch = 0;
  Generator::State generator{};  ///< at the beginning of `epoch`
  bool operator==(const LoaderState&) const = default;
};

/// for (Batch& batch : loader) { ... } runs to the end of the present epoch; the next loop is the next epoch.
/// One consumer thread. Never touches the default generator. An exception of the data source comes out of
/// next().
class INFOGRAD_API DataLoader {
 public:
  /// Rows of a data set held in memory. Throws ShapeError when images and labels differ in length.
  explicit DataLoader(Dataset dataset, const LoaderOptions& options = {});
  /// `size` samples that `fetch` turns into batches.
  DataLoader(int64_t size, Fetch fetch, const LoaderOptions& options = {});
  DataLoader(DataLoader&&) noexcept;
  DataLoader& operator=(DataLoader&&) noexcept;
  ~DataLoader();

  /// The next batch; nothing once at the end of each epoch.
  std::optional<Batch> next();
  /// Batches per epoch.
  int64_t batches() const;
  /// Samples per epoch that are given out (drop_last counted).
  int64_t samples() const;
  /// Position of the next batch.
  const LoaderState& state() const;
  /// Continues from a saved position: the same batches in the same order as the loader that was saved, if
  /// data and options are the same. Throws ValueError for a position that this loader cannot have.
  void load(const LoaderState& state);

  class iterator {
   public:
    explicit iterator(DataLoader* loader) : loader_(loader) { ++*this; }
    Batch& operator*() { return *batch_; }
    iterator& operator++() {
      batch_ = loader_->next();
      return *this;
    }
    bool operator!=(std::default_sentinel_t) const { return batch_.has_value(); }

   private:
    DataLoader* loader_;
    std::optional<Batch> batch_;
  };
  iterator begin() { return iterator(this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace infograd::data
