#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"

namespace arrowport::service {

/// Where a put stands in what one producer sends to a stream, if it is of one. See
/// service/ledger.h.
struct ProducerStamp {
  [[nodiscard]] bool is_set() const { return !producer.empty(); }

  /// Whether it stands for the key of a single put instead.
  [[nodiscard]] bool is_key() const { return producer.starts_with(kKeyMark); }

  static constexpr char kKeyMark = '\x1f';  ///< Which no name begins with.

  std::string producer = {};  ///< Empty: the put is of none.
  int64_t epoch = 0;  ///< A higher one fences out those before it: of another run of the producer.
  int64_t sequence = 0;      ///< 1, 2, 3 …, without gaps, whatever the epoch.
  std::string payload = {};  ///< Of a key: a digest of what is sent, once it is there.
};

/// How rows land, by the keys of a rule: see service/landing_words.h.
using LandingOptions = std::map<std::string, std::string, std::less<>>;

/// Begins a put of batches of `schema` to `stream`.
struct PutRequest {
  std::string stream;  ///< Names the rule, and without one the table.
  std::shared_ptr<arrow::Schema> schema;
  std::string table = {};    ///< Gets the rows; empty: the one that `stream` names.
  ProducerStamp stamp = {};  ///< With one, the put lands once.
  /// The same for a client that does not count: a name for this put alone. Sent again with other
  /// rows it is kUnprocessable, and kConflict while the first is being committed.
  std::string idempotency_key = {};
  /// Of a put with a key: a digest of all that was sent. Asked before Finish returns.
  std::function<std::string()> payload_digest = nullptr;
  /// It is told when it is on disk, even where the stream's rule says to tell when it is queued.
  bool must_be_durable = false;
  LandingOptions landing = {};  ///< What this put wants in place of its stream's rule.
  /// The put is a part of this ingest, see service/staged_ingests.h; it has no stamp and no key.
  std::string ingest = {};
  std::string part = {};  ///< Its name there.
};

/// What a put did, once it is durable.
struct PutSummary {
  std::string stream;
  std::string table;
  int64_t rows = 0;  ///< Without those in the quarantine.
  int64_t batches = 0;
  int64_t bytes = 0;  ///< Of the batches in memory, without what compression saved on the wire.
  double seconds = 0;
  ProducerStamp stamp = {};  ///< As in the request.
  bool duplicate = false;    ///< It had landed before, and is told as it was then.
  std::optional<int64_t> rows_quarantined = {};  ///< Where the stream's rule has a quarantine.
  bool skipped = false;     ///< It did not fit its table, and the rule says to drop it then.
  bool durable = true;      ///< False: it is complete, and waits for its commit.
  std::string ingest = {};  ///< It was all of this ingest, or one part of it,
  std::string part = {};    ///< of this name: then it is in no table yet.
};

/// A put under way: one transaction. Same rules as engine::Append, which it wraps: one thread at a
/// time writes; destroying it before Finish rolls back.
class Put {
 public:
  virtual ~Put() = default;

  /// Asks first for the memory that the rows need while they wait. kReady: what the client sends
  /// may be read now. kWait: `wake` will be called when it is time to ask again. kClosed: there was
  /// no room for too long; Finish tells.
  virtual QueueState Open(std::optional<int64_t> bytes_expected, std::function<void()> wake) = 0;

  /// Hands over the next batch, valid in full. kWait: taken, and `wake` will be called when the
  /// next one may come. kClosed: the put has failed; Finish tells why.
  virtual QueueState Write(std::shared_ptr<arrow::RecordBatch> batch,
                           std::function<void()> wake) = 0;

  /// `done` is called once, from any thread, when the put is durable or rolled back.
  virtual void Finish(std::function<void(Result<PutSummary>)> done) = 0;

  /// Rolls back; nothing of the put stays.
  virtual void Abort(const Status& reason) = 0;
};

using PutDone = std::function<void(Result<PutSummary>)>;

/// An ingest in parts, see service/staged_ingests.h.
struct IngestName {
  std::string stream;
  std::string id;
};

/// Open, Write and Finish for callers that may block.
Status OpenBlocking(Put& put, std::optional<int64_t> bytes_expected = {});
Status WriteBlocking(Put& put, std::shared_ptr<arrow::RecordBatch> batch);
Result<PutSummary> FinishBlocking(Put& put);

/// What puts may hold, and when they are committed together. See service/stream_put.h.
struct IngestOptions {
  /// Of rows that were sent and that DuckDB does not have yet: a half of it for small puts, a half
  /// for those that stream.
  int64_t bytes_max = kGiB;
  std::chrono::milliseconds wait_max{40};  ///< For room, before a small put is refused.
  int64_t small_put_bytes_max = kMiB;      ///< A put with more has a transaction of its own.
  int64_t group_bytes_max = 32 * kMiB;     ///< Of small puts that are committed together.
  /// What one put that streams may have waiting. Several row groups: with less, only one of
  /// DuckDB's workers has something to do.
  int64_t large_put_bytes_max = 64 * kMiB;
};

}  // namespace arrowport::service
