#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/call_control.h"
#include "base/error.h"
#include "base/worker_pool.h"
#include "engine/database.h"
#include "engine/table_rows.h"
#include "service/put.h"

namespace arrowport::service {

/// How long the key of a put is remembered. Producers' last puts are as long as they go on.
inline constexpr std::chrono::hours kKeyLifetime{24};

/// What lands in the ledger's table together with the rows of `puts`, which all have a stamp.
engine::TableRows LedgerRows(const std::vector<PutSummary>& puts);

/// Which puts of each producer have landed, so that one that is sent again does not land again.
///
/// The record of a put is a row of the table `_arrowport.ledger`, committed with the rows of the
/// put itself: whatever is killed, either both are there or none. What is needed of it is kept in
/// memory too. Puts of one producer into one stream land in the order of their sequence, each once;
/// those that wait for their commit may be several. A put with a key is the only one of a producer
/// that is called like the key, and is forgotten after kKeyLifetime. Safe to use from many threads.
///
/// When the database was opened again, what was being committed is in its file or is not. So then
/// the ledger has to be read again, and what was decided on before it does not land.
class Ledger {
 public:
  /// Which attempt a put that was accepted belongs to.
  using Generation = uint64_t;

  /// What is to be done with a put that is all there.
  struct Verdict {
    enum class Kind {
      kLand,       ///< It is the next one; call Landed or Failed when it is over.
      kDuplicate,  ///< It has landed: answer `summary`.
      kRefuse,     ///< `status` tells why.
      kWait,       ///< For one that is being committed; `wake` will be called, to ask again.
    };
    Kind kind = Kind::kRefuse;
    PutSummary summary = {};
    Status status = {};
    Generation generation = 0;
  };

  explicit Ledger(std::shared_ptr<engine::Database> database) : database_(std::move(database)) {}

  /// Reads the ledger, or makes its table. Blocks once for each edition of the database.
  Status Load();

  /// Whether that is done for the edition that the database has now.
  [[nodiscard]] bool is_loaded() const;

  /// Producers that are remembered: whose puts have landed, or are to land.
  [[nodiscard]] size_t producers() const;

  /// What can be told before the put is there. kConflict when it is fenced out.
  /// \return whether it has landed before.
  Result<bool> CheckEarly(const std::string& stream, const ProducerStamp& stamp) const;

  /// Decides on a put with `summary`. On kLand, `queue` was called with the generation before any
  /// later put of the producer was decided on. A put that `is_alone` has its own transaction: it
  /// is refused while those before it are not over, and those behind wait for it.
  Verdict Decide(const ProducerStamp& stamp, const PutSummary& summary, const std::string& lane,
                 std::function<void()> wake, const std::function<void(Generation)>& queue);

  /// Whether a put that waits may still land: not when one before it has failed, or the database
  /// was opened again.
  Status CheckTurn(const std::string& stream, const ProducerStamp& stamp,
                   Generation generation) const;

  /// `put` has a stamp.
  void Landed(const PutSummary& put, Generation generation);
  void Failed(const std::string& stream, const ProducerStamp& stamp, Generation generation);

 private:
  /// Of one producer in one stream.
  struct Producer {
    int64_t epoch = 0;
    int64_t landed = 0;     // The last sequence that is durable; 0: none.
    int64_t accepted = 0;   // The last one that is to land; at least `landed`.
    int64_t unsettled = 0;  // Puts that Landed or Failed is still to be called for.
    std::string lane = {};  // Of those that are to land; empty: one has a transaction of its own.
    Generation generation = 0;  // Of those that are accepted now.
    // Where a generation ended: what was accepted in it or before, and comes behind, cannot land.
    std::map<Generation, int64_t> broken;
    std::deque<PutSummary> last;  // That landed; the newest at the end.
    std::vector<std::function<void()>> waiting;
  };
  using Key = std::pair<std::string, std::string>;  // Stream and producer.

  // Need mutex_.
  static Status CheckEpoch(const Producer& producer, const ProducerStamp& stamp);
  static bool MayLand(const Producer& producer, int64_t sequence, Generation generation);
  static Verdict Repeat(const Producer& producer, const PutSummary& put);
  void RememberLocked(const PutSummary& put);
  void ForgetKeysLocked();
  std::vector<std::function<void()>> ForgetLocked();
  Status LoadOnce(std::vector<std::function<void()>>* waiting);
  Status ReadLocked();

  const std::shared_ptr<engine::Database> database_;

  // Everything below is guarded by mutex_. It is held over statements while the ledger is read.
  mutable std::mutex mutex_;
  int64_t loaded_edition_ = 0;       // Of the database; 0: none.
  Generation first_generation_ = 0;  // Since it was loaded.
  std::map<Key, Producer> producers_;
  std::deque<std::pair<Clock::time_point, Key>> keys_;  // In the order in which they landed.
  int64_t landed_since_prune_ = 0;

  // For statements that nobody waits for. Goes first.
  WorkerPool threads_{1};
};

}  // namespace arrowport::service
