#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include <infograd/autograd/grad_mode.h>
#include <infograd/backends/capture.h>
#include <infograd/backends/copy_ahead.h>
#include <infograd/core/check.h>
#include <infograd/core/parallel.h>
#include <infograd/nn/data/loader.h>
#include <infograd/ops/index.h>

namespace infograd::data {

namespace {

// What next() hands out, and where the loader stands after it.
struct Item {
  std::optional<Batch> batch;                      // nothing: the epoch is over
  std::vector<std::unique_ptr<Arrival>> arrivals;  // of its tensors; they go before the tensors do
  std::exception_ptr error;
  LoaderState after;
};

// Walks through epochs and batches in the one order that seed and position determine.
class Cursor {
 public:
  Cursor(int64_t size, Fetch fetch, const LoaderOptions& options)
      : size_(size), fetch_(std::move(fetch)), options_(options), generator_(options.generator) {
    begin_epoch(0);
  }

  int64_t samples() const {
    return options_.drop_last ? size_ / options_.batch_size * options_.batch_size : size_;
  }
  int64_t batches() const { return (samples() + options_.batch_size - 1) / options_.batch_size; }
  const LoaderState& state() const { return state_; }

  void check_position(const LoaderState& state) const {
    check<ValueError>(
        state.epoch >= 0 && state.batch >= 0 && state.batch <= batches(),
        "DataLoader::load: epoch {}, batch {} is no position of a loader with {} batches per epoch; "
        "data or batch size have changed",
        state.epoch, state.batch, batches());
  }

  void seek(const LoaderState& state) {
    generator_.set_state(state.generator);
    begin_epoch(state.epoch);
    for (; state_.batch < state.batch; ++state_.batch) generator_.split();
  }

  Item next() {
    Item item;
    try {
      if (state_.batch == batches()) {
        begin_epoch(state_.epoch + 1);
      } else {
        item.batch = make();
        ++state_.batch;
      }
    } catch (...) {
      item.error = std::current_exception();
    }
    item.after = state_;
    return item;
  }

 private:
  void begin_epoch(int64_t epoch) {
    state_ = {epoch, 0, generator_.state()};
    order_.resize(static_cast<size_t>(size_));
    std::iota(order_.begin(), order_.end(), int64_t{0});
    if (!options_.shuffle) return;
    for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[generator_.below(i)]);
  }

  Batch make() {
    const int64_t begin = state_.batch * options_.batch_size;
    const int64_t n = std::min(options_.batch_size, samples() - begin);
    Tensor indices = empty({n}, DType::i64);
    std::copy_n(order_.begin() + begin, n, indices.data<int64_t>());
    Generator own = generator_.split();
    Batch batch = fetch_(indices, own);
    batch.epoch = state_.epoch;
    batch.index = state_.batch;
    return batch;
  }

  int64_t size_;
  Fetch fetch_;
  LoaderOptions options_;
  Generator generator_;
  LoaderState state_;
  std::vector<int64_t> order_;
};

Fetch rows_of(Dataset dataset) {
  check_defined("DataLoader", "images", dataset.images);
  check<ShapeError>(dataset.images.rank() >= 1, "DataLoader: images are a scalar");
  check<ShapeError>(!dataset.labels.defined() ||
                        (dataset.labels.rank() >= 1 && dataset.labels.size(0) == dataset.images.size(0)),
                    "DataLoader: images and labels differ in length, {} against {}", describe(dataset.images),
                    describe(dataset.labels));
  return [data = std::move(dataset)](const Tensor& indices, Generator&) {
    const Tensor where = indices.to(data.images.device());
    Batch batch{index_select(data.images, 0, where), {}};
    if (data.labels.defined()) batch.labels = index_select(data.labels, 0, where);
    return batch;
  };
}

}  // namespace

// Runs the cursor ahead of the consumer, on one thread, into a queue of bounded length.
class DataLoader::Worker {
 public:
  Worker(int64_t size, Fetch fetch, const LoaderOptions& options)
      : device_(options.device),
        cursor_(size, std::move(fetch), options),
        ahead_(static_cast<size_t>(options.prefetch)),
        given_(cursor_.state()) {}
  ~Worker() { stop(); }

  std::optional<Batch> next() {
    refuse_host_copy_in_capture(device_);
    Item item = ahead_ == 0 ? make_here() : take();
    if (item.error) {
      rewind();  // the batch was not given out: the next call tries it again
      std::rethrow_exception(item.error);
    }
    given_ = item.after;
    for (const auto& arrival : item.arrivals) arrival->await();
    return std::move(item.batch);
  }

  void seek(const LoaderState& state) {
    cursor_.check_position(state);
    stop();
    cursor_.seek(state);
    given_ = state;
  }

  const LoaderState& given() const { return given_; }
  int64_t batches() const { return cursor_.batches(); }
  int64_t samples() const { return cursor_.samples(); }

 private:
  Item make_here() {
    NoGrad no_grad;
    Item item = cursor_.next();
    if (item.batch && !device_.is_cpu())
      for (Tensor* tensor : {&item.batch->images, &item.batch->labels})
        if (tensor->defined()) *tensor = tensor->to(device_);
    return item;
  }

  /// Sends a batch of the host on its way; what lies on a device already is brought to ours. An error is the
  /// batch's.
  void send(Item& item) {
    if (!item.batch || device_.is_cpu()) return;
    try {
      if (copies_ == nullptr) copies_ = copy_ahead_to(device_);
      for (Tensor* tensor : {&item.batch->images, &item.batch->labels}) {
        if (!tensor->defined()) continue;
        if (!tensor->device().is_cpu()) {
          *tensor = tensor->to(device_);
          continue;
        }
        const Tensor host = tensor->contiguous();
        Tensor there = empty(host.shape(), host.dtype(), device_);
        item.arrivals.push_back(copies_->copy(View(there), ConstView(host)));
        *tensor = std::move(there);
      }
    } catch (...) {
      item.error = std::current_exception();
    }
  }

  Item take() {
    if (!thread_.joinable()) start();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !queue_.empty(); });
    Item item = std::move(queue_.front());
    queue_.pop_front();
    changed_.notify_all();
    return item;
  }

  void start() {
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
  }

  void run() {
    set_num_threads(1);  // of this thread: a second team would take the cores away from training
    NoGrad no_grad;
    while (true) {
      Item item = cursor_.next();
      send(item);
      const bool failed = item.error != nullptr;
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || queue_.size() < ahead_; });
      if (stopping_) return;
      queue_.push_back(std::move(item));
      changed_.notify_all();
      if (failed) return;
    }
  }

  void stop() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    queue_.clear();
  }

  void rewind() {
    stop();
    cursor_.seek(given_);
  }

  Device device_;
  std::unique_ptr<CopyAhead> copies_;  // belongs to the thread, as the cursor
  Cursor cursor_;                      // belongs to the thread while it runs
  size_t ahead_;
  LoaderState given_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

DataLoader::DataLoader(Dataset dataset, const LoaderOptions& options)
    : DataLoader(dataset.images.defined() && dataset.images.rank() > 0 ? dataset.images.size(0) : 0,
                 rows_of(dataset), options) {}

DataLoader::DataLoader(int64_t size, Fetch fetch, const LoaderOptions& options) {
  check<ValueError>(
      size >= 0 && options.batch_size >= 1 && options.prefetch >= 0,
      "DataLoader: size {} and prefetch {} must not be negative, batch_size {} must be positive", size,
      options.prefetch, options.batch_size);
  check<ValueError>(static_cast<bool>(fetch), "DataLoader: fetch is empty");
  worker_ = std::make_unique<Worker>(size, std::move(fetch), options);
}

DataLoader::DataLoader(DataLoader&&) noexcept = default;
DataLoader& DataLoader::operator=(DataLoader&&) noexcept = default;
DataLoader::~DataLoader() = default;

std::optional<Batch> DataLoader::next() {
  return worker_->next();
}
int64_t DataLoader::batches() const {
  return worker_->batches();
}
int64_t DataLoader::samples() const {
  return worker_->samples();
}
const LoaderState& DataLoader::state() const {
  return worker_->given();
}
void DataLoader::load(const LoaderState& state) {
  worker_->seek(state);
}

}  // namespace infograd::data
