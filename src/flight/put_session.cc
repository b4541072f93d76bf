#include "flight/put_session.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/record_batch.h>
#include <nlohmann/json.hpp>

#include "base/batch_bytes.h"
#include "base/call_control.h"
#include "base/error.h"
#include "flight/acknowledgements.h"
#include "flight/batch_receiver.h"
#include "flight/commits_in_flight.h"
#include "flight/request.h"
#include "flight/running_calls.h"
#include "service/put.h"
#include "service/put_answer.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

using Json = nlohmann::ordered_json;

std::string ToText(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<PutNote> NoteOf(const BatchReceiver::Message& message) {
  if (message.metadata == nullptr) return PutNote{};
  return ReadPutNote(std::string_view(*message.metadata));
}

}  // namespace

PutSession::PutSession(RunningCall& call, service::Service& service, const PutCommand& command,
                       int64_t small_put_bytes_max)
    : call_(call),
      service_(service),
      command_(command),
      commit_rows_(command.commit_rows.value_or(0)),
      small_put_bytes_max_(small_put_bytes_max),
      commits_([this](const CommitsInFlight::Outcome& commit) { Settled(commit); }) {
  if (command.stamp.sequence != 0 || !command.stamp.is_set())
    next_sequence_ = command.stamp.sequence;
  total_.stream = command.stream;
}

Result<Json> PutSession::Run(BatchReceiver& batches, arrow::flight::FlightMetadataWriter& writer) {
  acknowledgements_ = std::make_unique<Acknowledgements>(writer);
  const Status taken = TakeAll(batches);
  if (!taken.ok() && open_ != nullptr) open_->Abort(taken);
  commits_.WaitUntilNone();
  // From here on the client is waited for, if it has not read what it was sent.
  call_.BeginWaitingForClient();
  if (!failure_.ok() || !taken.ok()) call_.HurryClient();
  acknowledgements_->Finish();
  call_.EndWaitingForClient();
  // What broke first is why the rest did.
  ARROW_RETURN_NOT_OK(failure_);
  ARROW_RETURN_NOT_OK(taken);
  return Answer();
}

Status PutSession::TakeAll(BatchReceiver& batches) {
  for (;;) {
    batches.SetMayBeSilent(open_ == nullptr);
    ARROW_ASSIGN_OR_RAISE(const BatchReceiver::Message message, batches.NextMessage());
    // The status of the call will be that of the commit.
    if (has_failed_) return MakeError(ErrorKind::kCancelled, "a commit before has failed");
    if (message.batch == nullptr && message.metadata == nullptr) break;
    ARROW_RETURN_NOT_OK(TakeMessage(message));
  }
  // Without a batch there is still the schema, of which a table is made.
  const bool is_empty = commits_begun_ == 0 && next_sequence_.has_value();
  if (open_ == nullptr && is_empty) {
    ARROW_RETURN_NOT_OK(Begin());
  }
  if (open_ != nullptr) Commit();
  return Status::OK();
}

Status PutSession::TakeMessage(const BatchReceiver::Message& message) {
  ARROW_ASSIGN_OR_RAISE(const PutNote note, NoteOf(message));
  if (note.sequence.has_value()) {
    if (!command_.stamp.is_set() || commit_rows_ > 0) {
      return MakeError(ErrorKind::kInvalidInput,
                       "a batch has a \"sequence\" only where the command has a \"producer\" and "
                       "every batch is committed");
    }
    next_sequence_ = note.sequence;
  }
  if (message.batch != nullptr) {
    ARROW_RETURN_NOT_OK(TakeBatch(message.batch));
  }
  const bool is_due = message.batch != nullptr && open_rows_ >= commit_rows_;
  if (open_ != nullptr && (is_due || note.commit)) Commit();
  return Status::OK();
}

Status PutSession::TakeBatch(const std::shared_ptr<arrow::RecordBatch>& batch) {
  open_rows_ += batch->num_rows();
  open_bytes_ += BytesOf(*batch);
  // A put of a producer that gets a transaction of its own has to be the only one under way. It
  // must not wait once it has begun, since it may be making the table that those before it need.
  const bool will_be_alone = command_.stamp.is_set() && open_bytes_ > small_put_bytes_max_;
  if (will_be_alone) commits_.WaitUntilNone();
  if (open_ == nullptr) {
    ARROW_RETURN_NOT_OK(Begin());
  }
  const Status written = service::WriteBlocking(*open_, batch);
  if (!written.ok()) open_.reset();
  return written;
}

Status PutSession::Begin() {
  service::PutRequest request = command_;
  if (request.stamp.is_set()) {
    if (!next_sequence_.has_value()) {
      return MakeError(ErrorKind::kInvalidInput,
                       "batch " + std::to_string(commits_begun_) +
                           " has no \"sequence\" in its metadata, and the command has none to "
                           "begin with");
    }
    request.stamp.sequence = *next_sequence_;
  }
  ARROW_ASSIGN_OR_RAISE(open_, service_.BeginPut(call_.ForService(), request));
  const Status opened = service::OpenBlocking(*open_);
  if (!opened.ok()) open_.reset();
  return opened;
}

void PutSession::Commit() {
  const auto put = std::exchange(open_, nullptr);
  open_rows_ = 0;
  open_bytes_ = 0;
  ++commits_begun_;
  if (next_sequence_.has_value()) ++*next_sequence_;
  commits_.Finish(*put);
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
  if (has_failed_.exchange(true)) return;
  failure_ = commit.status();
  acknowledgements_->Add(ToText({{"status", "failed"},
                                 {"error", TraitsOf(KindOf(failure_)).slug},
                                 {"message", failure_.message()},
                                 {"commit", commits_settled_}}));
  // A client that hears of it and does nothing is not waited for without end.
  call_.BeginWaitingForClient();
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
  acknowledgements_->Add(ToText(told));
}

Json PutSession::Answer() const {
  service::PutSummary summary = total_;
  summary.seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  Json answer = service::PutAnswer(summary);
  answer["commits"] = commits_settled_;
  return answer;
}

}  // namespace arrowport::flight
