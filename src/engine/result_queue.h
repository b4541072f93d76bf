#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <arrow/record_batch.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/result_budget.h"

namespace arrowport::engine {

/// How the batches of a result find their order.
enum class ResultOrder {
  kNone,        ///< Whoever is done first is first.
  kBatchIndex,  ///< By DuckDB's batch index, made in parallel.
  kSingle,      ///< One thread makes them in order.
};

struct ResultQueueOptions {
  int64_t bytes_max = 0;        ///< Of this queue; the budget of all may allow less.
  int64_t batch_bytes = 0;      ///< What a worker reserves before it starts a batch,
  int64_t batch_bytes_min = 0;  ///< and where there is little room.
};

/// The batches between DuckDB's workers and the readers of a result, bounded in bytes.
///
/// Workers reserve room before they start a batch and park when there is none. With kBatchIndex
/// there are two shares: one for batches that may be read now, one for batches that are ahead of
/// the smallest index still being worked on. The worker at the smallest index can always go on as
/// long as readers read, so parked workers never wait for each other.
///
/// What a reader has taken counts until its batch is destroyed. When nothing is left to take, one
/// more batch is made however much readers keep.
///
/// `Wake` functions are called outside of the lock. Safe to use from many threads.
class ResultQueue : public std::enable_shared_from_this<ResultQueue> {
 public:
  using Wake = std::function<void()>;
  using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

  enum class Share { kReadable, kAhead };

  /// Room for one batch.
  struct Reservation {
    Share share = Share::kReadable;
    int64_t bytes = 0;
  };

  ResultQueue(const ResultQueueOptions& options, std::shared_ptr<ResultBudget> budget);
  ~ResultQueue();

  ResultQueue(const ResultQueue&) = delete;
  ResultQueue& operator=(const ResultQueue&) = delete;

  /// Before the first worker starts.
  void SetOrder(ResultOrder order) { order_ = order; }
  [[nodiscard]] ResultOrder order() const { return order_; }

  /// Worker: reserves room for one batch under `index`. \return false when there is none: `wake`
  /// will be called once when it is worth trying again. True after Close, so that workers run on
  /// and see closed().
  bool Reserve(uint64_t index, Wake wake, Reservation* reservation);

  /// Worker: gives a reservation back unused.
  void Unreserve(const Reservation& reservation);

  /// Worker: hands over the batch that a reservation was taken for.
  void Push(uint64_t index, const Reservation& reservation, BatchPtr batch, int64_t bytes);

  /// Worker: no batch with an index below `index` will come any more.
  void AdvanceTo(uint64_t index);

  /// Reader: as ResultStream::Poll.
  QueueState Poll(BatchPtr* batch, Wake wake);

  /// Ends the queue: with OK after the last batch, with a failure at once. The first call decides.
  void Close(const Status& status);

  [[nodiscard]] bool closed() const { return closed_.load(std::memory_order_acquire); }
  [[nodiscard]] Status status() const;

 private:
  struct Held {
    BatchPtr batch;
    int64_t bytes;
  };
  struct Parked {
    uint64_t index;
    Wake wake;
  };
  /// One share of the bound.
  struct Account {
    int64_t held = 0;
    int64_t reserved = 0;
    [[nodiscard]] int64_t used() const { return held + reserved; }
  };
  class Taken;

  // The functions below need mutex_.
  [[nodiscard]] bool IsReadable(uint64_t index) const;
  [[nodiscard]] Account& AccountOf(Share share);
  // Of the batch that may be started under `index`; 0 for none.
  [[nodiscard]] int64_t RoomFor(uint64_t index) const;
  void EndReservation(const Reservation& reservation);
  void TakeParked(std::vector<Wake>* wakes);
  void MoveReadable(std::vector<Wake>* wakes);
  void WakeReader(std::vector<Wake>* wakes);
  void Drop();
  void Report();

  // Takes mutex_: a reader is done with a batch.
  void GiveBack(int64_t bytes);

  // Constant while workers run.
  const ResultQueueOptions options_;
  const std::shared_ptr<ResultBudget> budget_;
  ResultOrder order_ = ResultOrder::kNone;

  // Written under mutex_, read without.
  std::atomic<bool> closed_ = false;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  Status status_;
  std::deque<Held> readable_;
  std::map<uint64_t, std::vector<Held>> ahead_;
  Account readable_account_;  // With what readers have taken and not destroyed.
  Account ahead_account_;
  ResultBudget::Usage reported_;  // To the budget.
  uint64_t smallest_index_ = 0;
  std::deque<Parked> parked_;
  std::deque<Wake> readers_;
};

}  // namespace arrowport::engine
