#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <arrow/record_batch.h>

#include "base/call_control.h"
#include "base/error.h"
#include "service/put.h"
#include "service/service.h"
#include "service/staged_folder.h"
#include "service/staged_ingests.h"

// The ends of ingests in parts.

namespace arrowport::service {
namespace {

Status WriteRows(Put& put, const StagedFolder& folder, const StagedPart& part) {
  auto reader = folder.Open(part);
  if (!reader.ok()) return WithKind(ErrorKind::kInternal, reader.status());
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    const Status read = (*reader)->ReadNext(&batch);
    if (!read.ok()) return WithKind(ErrorKind::kInternal, read);
    if (batch == nullptr) return Status::OK();
    ARROW_RETURN_NOT_OK(WriteBlocking(put, std::move(batch)));
  }
}

}  // namespace

void StagedIngests::Commit(const Call& call, const IngestName& name,
                           std::optional<int64_t> parts_expected, std::shared_ptr<void> keep_alive,
                           PutDone done) {
  // Whoever goes away asks again, and is told what became of it.
  Call unhurried = call;
  unhurried.control = {};
  commit_threads_.Post([this, unhurried = std::move(unhurried), name, parts_expected,
                        keep_alive = std::move(keep_alive), done = std::move(done)] {
    done(CommitNow(unhurried, name, parts_expected));
  });
}

Result<PutSummary> StagedIngests::CommitNow(const Call& call, const IngestName& name,
                                            std::optional<int64_t> parts_expected) {
  const auto& [stream, id] = name;
  const auto found = Find(call, stream, id);
  if (!found.ok() && KindOf(found.status()) == ErrorKind::kNotFound) {
    const PutRequest request = RequestOf(stream, id);
    ARROW_ASSIGN_OR_RAISE(const bool has_landed, needs_.has_landed(call, request));
    if (!has_landed) return found.status();
    ARROW_ASSIGN_OR_RAISE(PutSummary summary, TellAgain(call, request));
    summary.ingest = id;
    return summary;
  }
  ARROW_ASSIGN_OR_RAISE(const IngestPtr ingest, found);
  ARROW_RETURN_NOT_OK(BeginToCommit(ingest, parts_expected));
  const auto began = std::chrono::system_clock::now();
  auto summary = Land(call, ingest);
  if (summary.ok()) {
    Forget(ingest);
    return summary;
  }
  const std::lock_guard lock(mutex_);
  ingest->is_committing = false;
  // Who knows what a failing disk has done.
  ++ingest->doubts;
  // The ledger knows of it for a day from here on, if it landed.
  ingest->staged.touched = std::max(ingest->staged.touched, began);
  StayLocked(*ingest);
  ArmLocked();
  return WithContext(NameOf(stream, id), summary.status());
}

// What the put that landed did.
Result<PutSummary> StagedIngests::TellAgain(const Call& call, const PutRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto put, needs_.tell_again(call, request));
  ARROW_RETURN_NOT_OK(OpenBlocking(*put));
  return FinishBlocking(*put);
}

Status StagedIngests::BeginToCommit(const IngestPtr& ingest,
                                    std::optional<int64_t> parts_expected) {
  // Behind a manifest that is being written.
  const std::lock_guard writing(ingest->writing);
  const std::lock_guard lock(mutex_);
  ARROW_RETURN_NOT_OK(CheckOpenLocked(*ingest));
  const StagedIngest& staged = ingest->staged;
  const auto parts = static_cast<int64_t>(staged.parts.size());
  if (parts == 0 || parts_expected.value_or(parts) != parts) {
    return MakeError(ErrorKind::kConflict,
                     NameOf(staged.stream, staged.id) + " has " + std::to_string(parts) + " parts" +
                         (parts_expected ? ", expected are " + std::to_string(*parts_expected)
                                         : "; send some, or abort it"));
  }
  ingest->is_committing = true;
  return Status::OK();
}

Result<PutSummary> StagedIngests::Land(const Call& call, const IngestPtr& ingest) {
  // Nobody changes them while it is committed.
  const StagedIngest& staged = ingest->staged;
  PutRequest request = RequestOf(staged.stream, staged.id);
  ARROW_ASSIGN_OR_RAISE(request.schema, SchemaOfParts(ingest));
  ARROW_ASSIGN_OR_RAISE(const auto put, needs_.land(call, request));
  ARROW_RETURN_NOT_OK(OpenBlocking(*put, staged.bytes()));
  for (const StagedPart& part : staged.parts) {
    const Status written = WriteRows(*put, ingest->folder, part);
    if (written.ok()) continue;
    put->Abort(written);
    return written;
  }
  ARROW_ASSIGN_OR_RAISE(PutSummary summary, FinishBlocking(*put));
  summary.ingest = staged.id;
  return summary;
}

}  // namespace arrowport::service
