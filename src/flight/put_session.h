#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <arrow/record_batch.h>
#include <nlohmann/json.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "flight/batches_in.h"
#include "flight/commits_in_flight.h"
#include "flight/flight_call.h"
#include "flight/put.h"
#include "flight/request.h"
#include "net/signal.h"
#include "net/socket.h"
#include "service/put.h"

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
  /// `call` and `command`, which has a rule for commits, must outlive it.
  PutSession(FlightCall& call, const PutCommand& command);

  /// Waits until the client has sent all and all of it is committed.
  /// \return the last answer: what landed in all.
  net::Awaitable<Result<nlohmann::ordered_json>> Run(BatchesIn& batches);

 private:
  net::Awaitable<Status> TakeAll(BatchesIn& batches);
  net::Awaitable<Status> TakeItem(const BatchesIn::Item& item);
  net::Awaitable<Status> TakeBatch(const std::shared_ptr<arrow::RecordBatch>& batch);
  net::Awaitable<Status> Begin();
  net::Awaitable<void> Commit();
  void Settled(const CommitsInFlight::Outcome& commit);
  void Acknowledge(const service::PutSummary& commit);
  void Tell(const nlohmann::ordered_json& message);
  net::Awaitable<void> SendAcknowledgements();
  [[nodiscard]] nlohmann::ordered_json Answer() const;

  // Constant after construction.
  FlightCall& call_;
  const PutCommand& command_;
  const int64_t commit_rows_;
  const Clock::time_point began_ = Clock::now();

  // Of the put that is being filled, if there is one.
  std::optional<OpenPut> open_;
  int64_t open_rows_ = 0;
  int64_t open_bytes_ = 0;

  std::optional<int64_t> next_sequence_;  // Nothing: the next batch has to say.
  int64_t commits_begun_ = 0;

  // Of what is settled.
  service::PutSummary total_;
  int64_t commits_settled_ = 0;
  Status failure_;

  // Acknowledgements that are not on their way, since the client takes none.
  std::deque<std::string> unsent_;
  bool is_last_told_ = false;
  net::Signal told_;
  net::Signal all_sent_;

  CommitsInFlight commits_;
};

}  // namespace arrowport::flight
