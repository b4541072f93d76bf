#include "flight/put_session.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/record_batch.h>
#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

#include "base/batch_bytes.h"
#include "base/call_control.h"
#include "base/error.h"
#include "flight/batches_in.h"
#include "flight/commits_in_flight.h"
#include "flight/flight_call.h"
#include "flight/flight_data.h"
#include "flight/put.h"
#include "flight/request.h"
#include "net/socket.h"
#include "service/put.h"
#include "service/put_answer.h"

namespace arrowport::flight {
namespace {

using Json = nlohmann::ordered_json;
using net::Awaitable;

// A client that reads has few acknowledgements waiting, and for one that does not these are memory.
constexpr size_t kUnsentMax = 256;

Result<PutNote> NoteOf(const BatchesIn::Item& item) {
  if (item.metadata == nullptr) return PutNote{};
  return ReadPutNote(std::string_view(*item.metadata));
}

}  // namespace

PutSession::PutSession(FlightCall& call, const PutCommand& command)
    : call_(call),
      command_(command),
      commit_rows_(command.commit_rows.value_or(0)),
      told_(call.wire().executor()),
      all_sent_(call.wire().executor()),
      commits_(call.wire().executor(),
               [this](const CommitsInFlight::Outcome& commit) { Settled(commit); }) {
  if (command.stamp.sequence != 0 || !command.stamp.is_set())
    next_sequence_ = command.stamp.sequence;
  total_.stream = command.stream;
}

Awaitable<Result<Json>> PutSession::Run(BatchesIn& batches) {
  net::asio::co_spawn(call_.wire().executor(), SendAcknowledgements(),
                      [this](const std::exception_ptr&) { all_sent_.Set(); });
  const Status taken = co_await TakeAll(batches);
  if (!taken.ok() && open_) co_await open_->Abort(taken);
  co_await commits_.WaitUntilNone();
  // From here on the client is waited for, if it has not read what it was sent.
  if (!failure_.ok() || !taken.ok()) call_.wire().Hurry();
  is_last_told_ = true;
  told_.Set();
  co_await all_sent_.Wait();
  // What broke first is why the rest did.
  if (!failure_.ok()) co_return failure_;
  if (!taken.ok()) co_return taken;
  co_return Answer();
}

Awaitable<Status> PutSession::TakeAll(BatchesIn& batches) {
  for (;;) {
    batches.SetMayBeSilent(!open_ && failure_.ok());
    const auto item = co_await batches.NextItem();
    if (!item.ok()) co_return item.status();
    // The status of the call will be that of the commit.
    if (!failure_.ok()) co_return MakeError(ErrorKind::kCancelled, "a commit before has failed");
    if (item->batch == nullptr && item->metadata == nullptr) break;
    const Status done = co_await TakeItem(*item);
    if (!done.ok()) co_return done;
  }
  // Without a batch there is still the schema, of which a table is made.
  const bool is_empty = commits_begun_ == 0 && next_sequence_.has_value();
  if (!open_ && is_empty) {
    const Status begun = co_await Begin();
    if (!begun.ok()) co_return begun;
  }
  if (open_) co_await Commit();
  co_return Status::OK();
}

Awaitable<Status> PutSession::TakeItem(const BatchesIn::Item& item) {
  const auto note = NoteOf(item);
  if (!note.ok()) co_return note.status();
  if (note->sequence.has_value()) {
    if (!command_.stamp.is_set() || commit_rows_ > 0) {
      co_return MakeError(
          ErrorKind::kInvalidInput,
          "a batch has a \"sequence\" only where the command has a \"producer\" and "
          "every batch is committed");
    }
    next_sequence_ = note->sequence;
  }
  if (item.batch != nullptr) {
    const Status done = co_await TakeBatch(item.batch);
    if (!done.ok()) co_return done;
  }
  const bool is_due = item.batch != nullptr && open_rows_ >= commit_rows_;
  if (open_ && (is_due || note->commit)) co_await Commit();
  co_return Status::OK();
}

Awaitable<Status> PutSession::TakeBatch(const std::shared_ptr<arrow::RecordBatch>& batch) {
  open_rows_ += batch->num_rows();
  open_bytes_ += BytesOf(*batch);
  // A put of a producer that gets a transaction of its own has to be the only one under way. It
  // must not wait once it has begun, since it may be making the table that those before it need.
  const bool will_be_alone =
      command_.stamp.is_set() && open_bytes_ > call_.options().small_put_bytes_max;
  if (will_be_alone) co_await commits_.WaitUntilNone();
  if (!open_) {
    const Status begun = co_await Begin();
    if (!begun.ok()) co_return begun;
  }
  const Status written = co_await open_->Write(batch);
  if (!written.ok()) open_.reset();
  co_return written;
}

Awaitable<Status> PutSession::Begin() {
  service::PutRequest request = command_;
  if (request.stamp.is_set()) {
    if (!next_sequence_.has_value()) {
      co_return MakeError(ErrorKind::kInvalidInput,
                          "batch " + std::to_string(commits_begun_) +
                              " has no \"sequence\" in its metadata, and the command has none to "
                              "begin with");
    }
    request.stamp.sequence = *next_sequence_;
  }
  auto begun = co_await OpenPut::Begin(call_, request);
  if (!begun.ok()) co_return begun.status();
  open_ = *std::move(begun);
  co_return Status::OK();
}

Awaitable<void> PutSession::Commit() {
  const auto put = open_->put();
  open_.reset();
  open_rows_ = 0;
  open_bytes_ = 0;
  ++commits_begun_;
  if (next_sequence_.has_value()) ++*next_sequence_;
  co_await commits_.Finish(put);
}

void PutSession::Settled(const CommitsInFlight::Outcome& commit) {
  ++commits_settled_;
  if (commit.ok()) {
    total_.table = commit->table;
    total_.rows += commit->rows;
    total_.batches += commit->batches;
    total_.bytes += commit->bytes;
    total_.stamp = commit->stamp;
    total_.duplicate = commit->duplicate;
    total_.durable = total_.durable && commit->durable;
    if (const auto aside = commit->rows_quarantined) {
      total_.rows_quarantined = total_.rows_quarantined.value_or(0) + *aside;
    }
    return Acknowledge(*commit);
  }
  if (!failure_.ok()) return;
  failure_ = commit.status();
  Tell({{"status", "failed"},
        {"error", TraitsOf(KindOf(failure_)).slug},
        {"message", failure_.message()},
        {"commit", commits_settled_}});
  // A client that hears of it and does nothing is not waited for without end.
  call_.wire().SetMayBeSilent(false);
}

void PutSession::Acknowledge(const service::PutSummary& commit) {
  const int64_t sequence = commit.stamp.is_set() ? commit.stamp.sequence : commits_settled_;
  Json told = {{"committed_rows", total_.rows},
               {"committed_batches", total_.batches},
               {"sequence", sequence},
               {"rows", commit.rows},
               {"duplicate", commit.duplicate}};
  if (commit.rows_quarantined) told["rows_quarantined"] = *commit.rows_quarantined;
  if (commit.skipped) told["skipped"] = true;
  if (!commit.durable) told["durable"] = false;
  Tell(told);
}

void PutSession::Tell(const Json& message) {
  std::string text = message.dump(-1, ' ', false, Json::error_handler_t::replace);
  // Each tells what the one before it told, too.
  if (unsent_.size() >= kUnsentMax) unsent_.pop_back();
  unsent_.push_back(std::move(text));
  told_.Set();
}

Awaitable<void> PutSession::SendAcknowledgements() {
  for (;;) {
    while (!unsent_.empty()) {
      auto message = WritePutResult(std::move(unsent_.front()));
      unsent_.pop_front();
      // The coroutine stays here while the client takes nothing.
      const Status sent = co_await call_.wire().Write(std::move(message));
      if (!sent.ok()) unsent_.clear();
    }
    if (is_last_told_) co_return;
    co_await told_.Wait();
  }
}

Json PutSession::Answer() const {
  service::PutSummary summary = total_;
  summary.seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  Json answer = service::PutAnswer(summary);
  answer["commits"] = commits_settled_;
  return answer;
}

}  // namespace arrowport::flight
