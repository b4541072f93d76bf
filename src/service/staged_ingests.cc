#include "service/staged_ingests.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "access/authorizer.h"
#include "base/call_control.h"
#include "base/deadline_timer.h"
#include "base/error.h"
#include "base/ids.h"
#include "observe/log.h"
#include "service/ledger.h"
#include "service/part_put.h"
#include "service/put.h"
#include "service/service.h"
#include "service/staged_folder.h"

namespace arrowport::service {
namespace {

using SystemClock = std::chrono::system_clock;

// Parts that are written to disk at one time.
constexpr int kThreadsMax = 16;
constexpr size_t kIngestsMax = 1'000;
constexpr size_t kPartsMax = 10'000;

static_assert(kPartsLifetimeMax <= kKeyLifetime, "whether one has landed must be known");

std::string DirectoryOf(const StagingOptions& options) {
  if (!options.directory.empty()) return options.directory;
  std::error_code ignored;
  return std::filesystem::temp_directory_path(ignored) / ("arrowport-parts-" + NewId());
}

std::string NameOf(const std::string& stream, std::string_view id) {
  return "ingest '" + std::string(id) + "' of stream '" + stream + "'";
}

Status NotFound(const std::string& stream, std::string_view id) {
  return MakeError(ErrorKind::kNotFound,
                   "there is no " + NameOf(stream, id) +
                       "; it was committed or aborted long ago, has expired, or "
                       "never was");
}

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

StagedIngests::StagedIngests(const StagingOptions& options, Needs needs)
    : options_(options),
      directory_(DirectoryOf(options)),
      needs_(std::move(needs)),
      threads_(kThreadsMax) {
  if (!options_.directory.empty()) TakeOver();
}

StagedIngests::~StagedIngests() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  std::error_code ignored;
  if (options_.directory.empty()) std::filesystem::remove_all(directory_, ignored);
}

void StagedIngests::TakeOver() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ignored)) {
    const StagedFolder folder(entry.path());
    // Of one whose beginning nobody heard of, or whose end was not quite reached.
    if (!folder.HasManifest()) {
      folder.Remove();
      continue;
    }
    auto staged = folder.Read();
    if (!staged.ok()) {
      observe::Log(observe::LogLevel::kError, "an ingest in parts cannot be gone on with",
                   {{"folder", folder.path()}, {"reason", staged.status().message()}});
      continue;
    }
    folder.RemoveOthers(*staged);
    const auto ingest = std::make_shared<Ingest>(folder);
    ingest->staged = *std::move(staged);
    ingest->may_have_landed = true;
    bytes_held_ += ingest->staged.bytes();
    ingests_.emplace(ingest->staged.id, ingest);
  }
  const std::lock_guard lock(mutex_);
  ArmLocked();
}

void StagedIngests::ArmLocked() {
  // The timer goes before the threads.
  if (is_closing_) return;
  if (alarm_) timer_.Remove(*alarm_);
  alarm_.reset();
  auto earliest = SystemClock::time_point::max();
  for (const auto& [id, ingest] : ingests_) {
    if (ingest->arriving > 0 || ingest->is_committing) continue;
    earliest = std::min(earliest, ingest->staged.expires_at());
  }
  if (earliest == SystemClock::time_point::max()) return;
  const auto left = std::max(earliest - SystemClock::now(), SystemClock::duration::zero());
  alarm_ = timer_.Add(Clock::now() + left, [this] { threads_.Post([this] { Expire(); }); });
}

void StagedIngests::Expire() {
  std::vector<IngestPtr> expired;
  {
    const std::lock_guard lock(mutex_);
    const auto now = SystemClock::now();
    for (const auto& [id, ingest] : ingests_) {
      if (ingest->arriving > 0 || ingest->is_committing) continue;
      if (ingest->staged.expires_at() > now) continue;
      ingest->is_over = true;
      expired.push_back(ingest);
    }
    if (expired.empty()) ArmLocked();
  }
  for (const IngestPtr& ingest : expired) {
    observe::Log(observe::LogLevel::kWarning, "an ingest in parts has expired",
                 {{"stream", ingest->staged.stream},
                  {"ingest", ingest->staged.id},
                  {"parts", std::to_string(ingest->staged.parts.size())}});
    Forget(ingest);
  }
}

Result<StagedIngestInfo> StagedIngests::Begin(const Call& call, const std::string& stream,
                                              std::optional<std::chrono::milliseconds> lifetime) {
  ARROW_RETURN_NOT_OK(needs_.admit(call, access::Action::kPut, stream));
  ARROW_RETURN_NOT_OK(needs_.check_fit({.stream = stream, .schema = nullptr}));
  ARROW_RETURN_NOT_OK(needs_.check_room());
  const std::string id = NewId();
  const auto ingest = std::make_shared<Ingest>(StagedFolder(directory_ + "/" + id));
  ingest->staged = {.id = id,
                    .stream = stream,
                    .owner = call.caller.name,
                    .lifetime = std::min(lifetime.value_or(options_.lifetime), options_.lifetime),
                    .touched = SystemClock::now()};
  {
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(stopped_);
    if (ingests_.size() >= kIngestsMax) {
      return MakeError(ErrorKind::kOverloaded, std::to_string(kIngestsMax) +
                                                   " ingests in parts are open; commit or abort "
                                                   "some");
    }
    ingests_.emplace(id, ingest);
  }
  const Status written = ingest->folder.Write(ingest->staged);
  if (!written.ok()) {
    Forget(ingest);
    return written;
  }
  const std::lock_guard lock(mutex_);
  ArmLocked();
  return InfoOfLocked(*ingest);
}

PutRequest StagedIngests::RequestOf(const std::string& stream, std::string_view id) {
  PutRequest request;
  request.stream = stream;
  request.schema = arrow::schema({});
  request.idempotency_key = "ingest " + std::string(id);
  request.must_be_durable = true;
  return request;
}

Result<StagedIngests::IngestPtr> StagedIngests::Find(const Call& call, const std::string& stream,
                                                     std::string_view id) {
  ARROW_RETURN_NOT_OK(needs_.admit(call, access::Action::kPut, stream));
  IngestPtr ingest;
  {
    const std::lock_guard lock(mutex_);
    const auto found = ingests_.find(id);
    if (found == ingests_.end()) return NotFound(stream, id);
    const StagedIngest& staged = found->second->staged;
    if (staged.stream != stream || staged.owner != call.caller.name) return NotFound(stream, id);
    ingest = found->second;
    if (!ingest->may_have_landed) return ingest;
  }
  ARROW_ASSIGN_OR_RAISE(const bool has_landed, needs_.has_landed(call, RequestOf(stream, id)));
  if (has_landed) {
    Forget(ingest);
    return NotFound(stream, id);
  }
  const std::lock_guard lock(mutex_);
  ingest->may_have_landed = false;
  return ingest;
}

Result<std::shared_ptr<arrow::Schema>> StagedIngests::SchemaOfParts(const IngestPtr& ingest) {
  std::vector<StagedPart> parts;
  {
    const std::lock_guard lock(mutex_);
    if (ingest->schema != nullptr || ingest->staged.parts.empty()) return ingest->schema;
    parts = ingest->staged.parts;
  }
  const auto reader = ingest->folder.Open(parts.front());
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
  ARROW_ASSIGN_OR_RAISE(const IngestPtr ingest, Find(call, request.stream, request.ingest));
  {
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(CheckOpenLocked(*ingest));
    ++ingest->arriving;
    ++parts_arriving_;
  }
  return std::make_shared<PartPut>(*this, ingest, call, request, std::move(keep_alive));
}

Status StagedIngests::CheckOpenLocked(const Ingest& ingest) const {
  ARROW_RETURN_NOT_OK(stopped_);
  if (ingest.is_over) return NotFound(ingest.staged.stream, ingest.staged.id);
  if (!ingest.is_committing) return Status::OK();
  return MakeError(ErrorKind::kConflict,
                   NameOf(ingest.staged.stream, ingest.staged.id) + " is being committed");
}

Status StagedIngests::CheckOpen(const IngestPtr& ingest) const {
  const std::lock_guard lock(mutex_);
  return CheckOpenLocked(*ingest);
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

Status StagedIngests::Stage(const IngestPtr& ingest, StagedPart part,
                            const std::shared_ptr<arrow::Schema>& schema) {
  const std::lock_guard writing(ingest->writing);
  ARROW_RETURN_NOT_OK(CheckSchema(ingest, part.name, schema));
  StagedIngest next;
  {
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(CheckOpenLocked(*ingest));
    next = ingest->staged;
  }
  std::string replaced;
  const auto same = std::ranges::find(next.parts, part.name, &StagedPart::name);
  const int64_t bytes = part.bytes;
  int64_t bytes_replaced = 0;
  if (same != next.parts.end()) {
    replaced = same->file;
    bytes_replaced = same->bytes;
    *same = std::move(part);
  } else if (next.parts.size() >= kPartsMax) {
    return MakeError(ErrorKind::kTooLarge,
                     "an ingest has at most " + std::to_string(kPartsMax) + " parts");
  } else {
    const auto place =
        std::ranges::upper_bound(next.parts, part.name, LandsBefore, &StagedPart::name);
    next.parts.insert(place, std::move(part));
  }
  next.touched = SystemClock::now();
  ARROW_RETURN_NOT_OK(ingest->folder.Write(next));
  {
    const std::lock_guard lock(mutex_);
    ingest->staged = std::move(next);
    ingest->schema = schema;
    bytes_held_ += bytes - bytes_replaced;
  }
  std::error_code ignored;
  if (!replaced.empty()) std::filesystem::remove(ingest->folder.PathOf(replaced), ignored);
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
  ArmLocked();
}

StagedIngestInfo StagedIngests::InfoOfLocked(const Ingest& ingest) {
  return {.id = ingest.staged.id,
          .stream = ingest.staged.stream,
          .parts = ingest.staged.parts,
          .parts_arriving = ingest.arriving,
          .expires_at = ingest.staged.expires_at()};
}

Result<StagedIngestInfo> StagedIngests::Describe(const Call& call, const std::string& stream,
                                                 std::string_view id) {
  ARROW_ASSIGN_OR_RAISE(const IngestPtr ingest, Find(call, stream, id));
  const std::lock_guard lock(mutex_);
  return InfoOfLocked(*ingest);
}

Result<std::vector<StagedIngestInfo>> StagedIngests::List(const Call& call,
                                                          const std::string& stream) {
  ARROW_RETURN_NOT_OK(needs_.admit(call, access::Action::kPut, stream));
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, ingest] : ingests_) {
      if (ingest->staged.stream == stream) ids.push_back(id);
    }
  }
  std::vector<StagedIngestInfo> list;
  for (const std::string& id : ids) {
    auto info = Describe(call, stream, id);
    if (info.ok()) list.push_back(*std::move(info));
  }
  return list;
}

Result<PutSummary> StagedIngests::Commit(const Call& call, const std::string& stream,
                                         std::string_view id,
                                         std::optional<int64_t> parts_expected) {
  auto found = Find(call, stream, id);
  if (!found.ok()) {
    if (KindOf(found.status()) != ErrorKind::kNotFound) return found.status();
    const PutRequest request = RequestOf(stream, id);
    ARROW_ASSIGN_OR_RAISE(const bool has_landed, needs_.has_landed(call, request));
    if (!has_landed) return found.status();
    // Nothing more lands of it: this only tells what did.
    ARROW_ASSIGN_OR_RAISE(const auto put, needs_.land(call, request));
    ARROW_RETURN_NOT_OK(OpenBlocking(*put));
    ARROW_ASSIGN_OR_RAISE(PutSummary summary, FinishBlocking(*put));
    summary.ingest = id;
    return summary;
  }
  const IngestPtr ingest = *std::move(found);
  {
    // Behind a manifest that is being written.
    const std::lock_guard writing(ingest->writing);
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(CheckOpenLocked(*ingest));
    const auto parts = static_cast<int64_t>(ingest->staged.parts.size());
    if (parts == 0 || parts_expected.value_or(parts) != parts) {
      return MakeError(ErrorKind::kConflict,
                       NameOf(stream, id) + " has " + std::to_string(parts) + " parts" +
                           (parts_expected ? ", expected are " + std::to_string(*parts_expected)
                                           : "; send some, or abort it"));
    }
    ingest->is_committing = true;
  }
  auto summary = Land(call, ingest);
  if (summary.ok()) {
    Forget(ingest);
    return summary;
  }
  const std::lock_guard lock(mutex_);
  ingest->is_committing = false;
  // Who knows what a failing disk has done.
  ingest->may_have_landed = true;
  ArmLocked();
  return WithContext(NameOf(stream, id), summary.status());
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

Status StagedIngests::Abort(const Call& call, const std::string& stream, std::string_view id) {
  ARROW_ASSIGN_OR_RAISE(const IngestPtr ingest, Find(call, stream, id));
  {
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(CheckOpenLocked(*ingest));
    ingest->is_over = true;
  }
  Forget(ingest);
  return Status::OK();
}

void StagedIngests::Forget(const IngestPtr& ingest) {
  {
    const std::lock_guard writing(ingest->writing);
    const std::lock_guard lock(mutex_);
    ingest->is_over = true;
    if (ingests_.erase(ingest->staged.id) == 0) return;
    bytes_held_ -= ingest->staged.bytes();
    ArmLocked();
  }
  ingest->folder.Remove();
}

int64_t StagedIngests::bytes_held() const {
  const std::lock_guard lock(mutex_);
  return bytes_held_;
}

int64_t StagedIngests::open_ingests() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(ingests_.size());
}

int64_t StagedIngests::parts_arriving() const {
  const std::lock_guard lock(mutex_);
  return parts_arriving_;
}

void StagedIngests::Stop(const Status& reason) {
  const std::lock_guard lock(mutex_);
  if (stopped_.ok()) stopped_ = reason;
}

}  // namespace arrowport::service
