#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <arrow/record_batch.h>

#include "base/bounded_queue.h"
#include "base/error.h"

namespace arrowport::engine {

/// Consecutive batches.
using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

/// Batches on their way from one producer to any number of workers, in morsels that arrive in
/// parts.
///
/// A morsel is what one worker takes: about a row group, so that each worker fills row groups of
/// its own and nobody has to join them. Its worker takes the first part when it is there, and then
/// all others of it; so what waits is bounded by bytes however large a morsel is.
///
/// Nobody ever waits inside: who finds nothing, or no room, leaves a `wake` function, which is
/// called once, outside the lock, from the thread that made the change (possibly before the Push or
/// Pop that left it has returned). A part larger than the bound is taken when nothing else waits.
class MorselQueue {
 public:
  using Wake = std::function<void()>;

  struct Part {
    Batches batches;
    int64_t bytes = 0;
    bool last = false;  ///< Of its morsel; the next part begins another.
  };

  /// Where one worker is.
  struct Place {
    uint64_t morsel = 0;  ///< Counted from 0 in the order of arrival.
    bool within = false;  ///< More parts of it may come; else the next part is of another morsel.
  };

  explicit MorselQueue(int64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Hands over the next part. On kWait `part` is untouched.
  QueueState Push(Part& part, Wake wake);

  /// Takes the next part for the worker at `place`, and moves it there. kClosed: no more for it.
  QueueState Pop(Place& place, Batches* batches, Wake wake);

  /// Ends the queue. With an OK status what waits can still be taken; with a failure it is dropped.
  /// The first call decides, later ones do nothing.
  void Close(const Status& status);

  /// Why the queue was closed; OK while it is open.
  [[nodiscard]] Status status() const;

 private:
  /// One that is not over: parts of it wait, or will come.
  struct Morsel {
    std::deque<Part> parts;
    bool arrived = false;  ///< No more parts come.
    bool taken = false;
    Wake waiting;  ///< Its worker, where it waits.
  };

  Morsel& At(uint64_t index) { return morsels_[index - first_]; }
  bool TakeNext(Place& place);

  // Constant after construction.
  const int64_t bytes_max_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::deque<Morsel> morsels_;  // The first ones are over, or taken; their parts are gone then.
  uint64_t first_ = 0;          // Index of the first of them.
  uint64_t next_ = 0;           // Index of the first one that nobody has taken.
  int64_t bytes_held_ = 0;
  bool closed_ = false;
  Status status_;
  std::deque<Wake> waiting_workers_;  // For a morsel that nobody has taken.
  std::vector<Wake> waiting_producers_;
};

}  // namespace arrowport::engine
