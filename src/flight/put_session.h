#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include <arrow/flight/server.h>
#include <arrow/record_batch.h>
#include <nlohmann/json.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "flight/acknowledgements.h"
#include "flight/batch_receiver.h"
#include "flight/commits_in_flight.h"
#include "flight/request.h"
#include "flight/running_calls.h"
#include "service/put.h"
#include "service/service.h"

namespace arrowport::flight {

/// Takes what the client of a DoPut sends into one put after another, several of which may be
/// waiting for their commit, and acknowledges each when it is durable:
///
///     {"committed_rows": 3000, "committed_batches": 3, "sequence": 42, "rows": 1000,
///      "duplicate": false}
///
/// The first two count all of the call; without a producer `sequence` counts its commits. A commit
/// that fails is told as {"status": "failed", "error", "message", "sequence"}, and ends the call
/// with that error once the client sends something more, or nothing more. What had not been
/// committed then is rolled back.
///
/// While all that came is committed a client may be silent for as long as it likes.
class PutSession {
 public:
  /// All references must outlive it. `command` has a rule for commits.
  PutSession(RunningCall& call, service::Service& service, const PutCommand& command,
             int64_t small_put_bytes_max);

  /// Blocks until the client has sent all and all of it is committed.
  /// \return the last answer: what landed in all.
  Result<nlohmann::ordered_json> Run(BatchReceiver& batches,
                                     arrow::flight::FlightMetadataWriter& writer);

 private:
  Status TakeAll(BatchReceiver& batches);
  Status TakeMessage(const BatchReceiver::Message& message);
  Status TakeBatch(const std::shared_ptr<arrow::RecordBatch>& batch);
  Status Begin();
  void Commit();
  void Settled(const CommitsInFlight::Outcome& commit);
  void Acknowledge(const service::PutSummary& commit);
  [[nodiscard]] nlohmann::ordered_json Answer() const;

  // Constant after construction.
  RunningCall& call_;
  service::Service& service_;
  const PutCommand& command_;
  const int64_t commit_rows_;
  const int64_t small_put_bytes_max_;
  const Clock::time_point began_ = Clock::now();

  // Of the put that is being filled, if there is one.
  std::shared_ptr<service::Put> open_;
  int64_t open_rows_ = 0;
  int64_t open_bytes_ = 0;

  std::optional<int64_t> next_sequence_;  // Nothing: the next batch has to say.
  int64_t commits_begun_ = 0;
  std::atomic<bool> has_failed_ = false;

  // Of what is settled: of one commit after the other, and of Run when there are none any more.
  service::PutSummary total_;
  int64_t commits_settled_ = 0;
  Status failure_;

  std::unique_ptr<Acknowledgements> acknowledgements_;
  CommitsInFlight commits_;  // Goes first: it uses all of the above.
};

}  // namespace arrowport::flight
