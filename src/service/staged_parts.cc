#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "service/part_put.h"
#include "service/put.h"
#include "service/service.h"
#include "service/staged_folder.h"
#include "service/staged_ingests.h"

// What StagedIngests does for the parts that arrive.

namespace arrowport::service {
namespace {

using SystemClock = std::chrono::system_clock;

constexpr size_t kPartsMax = 10'000;

}  // namespace

Result<std::shared_ptr<arrow::Schema>> StagedIngests::SchemaOfParts(const IngestPtr& ingest) {
  StagedPart first;
  {
    const std::lock_guard lock(mutex_);
    if (ingest->schema != nullptr || ingest->staged.parts.empty()) return ingest->schema;
    first = ingest->staged.parts.front();
  }
  const auto reader = ingest->folder.Open(first);
  if (!reader.ok()) return WithKind(ErrorKind::kInternal, reader.status());
  const std::lock_guard lock(mutex_);
  if (ingest->schema == nullptr) ingest->schema = (*reader)->schema();
  return ingest->schema;
}

Result<std::shared_ptr<arrow::Schema>> StagedIngests::SchemaOf(const Call& call,
                                                               const PutRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const IngestPtr ingest, Find(call, request.stream, request.ingest));
  return SchemaOfParts(ingest);
}

Result<std::shared_ptr<Put>> StagedIngests::BeginPart(const Call& call, const PutRequest& request,
                                                      std::shared_ptr<void> keep_alive) {
  if (!IsPartName(request.part)) {
    return MakeError(ErrorKind::kInvalidInput,
                     "a part's name has up to 128 letters, digits, '_', '-' and '.', the first no "
                     "'.'");
  }
  if (request.stamp.is_set() || !request.idempotency_key.empty()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "a part has no sequence and no Idempotency-Key: sent again under its name it "
                     "takes its own place");
  }
  ARROW_ASSIGN_OR_RAISE(const IngestPtr ingest, Peek(call, request.stream, request.ingest));
  {
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(CheckOpenLocked(*ingest));
    ++ingest->arriving;
    ++parts_arriving_;
  }
  return std::make_shared<PartPut>(*this, ingest, call, request, std::move(keep_alive));
}

Status StagedIngests::CheckSchema(const IngestPtr& ingest, const std::string& part,
                                  const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(const auto expected, SchemaOfParts(ingest));
  if (expected == nullptr || expected->Equals(*schema, /*check_metadata=*/false)) {
    return Status::OK();
  }
  {
    // Alone, it may take its place with other columns.
    const std::lock_guard lock(mutex_);
    const auto& parts = ingest->staged.parts;
    if (parts.size() == 1 && parts.front().name == part) return Status::OK();
  }
  return MakeError(ErrorKind::kConflict,
                   "part '" + part + "' has other columns than the parts before it:\n" +
                       schema->ToString() + "\nin place of\n" + expected->ToString());
}

// The ingest with `part`, perhaps in place of one that is `replaced`.
Result<StagedIngest> StagedIngests::WithPart(const IngestPtr& ingest, const StagedPart& part,
                                             const std::shared_ptr<arrow::Schema>& schema,
                                             StagedPart* replaced) {
  ARROW_RETURN_NOT_OK(CheckSchema(ingest, part.name, schema));
  const std::lock_guard lock(mutex_);
  ARROW_RETURN_NOT_OK(CheckOpenLocked(*ingest));
  StagedIngest next = ingest->staged;
  next.touched = SystemClock::now();
  const auto same = std::ranges::find(next.parts, part.name, &StagedPart::name);
  if (same != next.parts.end()) {
    *replaced = std::exchange(*same, part);
    return next;
  }
  if (next.parts.size() >= kPartsMax) {
    return MakeError(ErrorKind::kTooLarge,
                     "an ingest has at most " + std::to_string(kPartsMax) + " parts");
  }
  next.parts.insert(std::ranges::upper_bound(next.parts, part.name, LandsBefore, &StagedPart::name),
                    part);
  return next;
}

Status StagedIngests::Stage(const IngestPtr& ingest, const StagedPart& part,
                            const std::shared_ptr<arrow::Schema>& schema) {
  const std::lock_guard writing(ingest->writing);
  StagedPart replaced;
  std::error_code ignored;
  auto next = WithPart(ingest, part, schema, &replaced);
  if (!next.ok()) {
    std::filesystem::remove(ingest->folder.PathOf(part.file), ignored);
    return next.status();
  }
  // When the disk fails in the last step the manifest names the part, so its file stays.
  ARROW_RETURN_NOT_OK(ingest->folder.Write(*next));
  {
    const std::lock_guard lock(mutex_);
    ingest->staged = *std::move(next);
    ingest->schema = schema;
    bytes_held_ += part.bytes - replaced.bytes;
  }
  if (!replaced.file.empty()) {
    std::filesystem::remove(ingest->folder.PathOf(replaced.file), ignored);
  }
  return Status::OK();
}

Status StagedIngests::TakeRoom(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes_held_ + bytes > options_.bytes_max) {
    return MakeError(ErrorKind::kStorageFull, "parts of ingests have used up their " +
                                                  std::to_string(options_.bytes_max) +
                                                  " bytes on disk (ingest.parts_bytes_max)");
  }
  bytes_held_ += bytes;
  return Status::OK();
}

void StagedIngests::GiveBackRoom(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_held_ -= bytes;
}

void StagedIngests::PartIsOver(const IngestPtr& ingest) {
  const std::lock_guard lock(mutex_);
  --ingest->arriving;
  --parts_arriving_;
  StayLocked(*ingest);
  ArmLocked();
}

// Whoever has just failed may try again.
void StagedIngests::StayLocked(Ingest& ingest) {
  constexpr std::chrono::minutes kStay{1};
  ingest.stays_until =
      SystemClock::now() + std::min<std::chrono::milliseconds>(ingest.staged.lifetime, kStay);
}

}  // namespace arrowport::service
