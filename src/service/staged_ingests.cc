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
#include "base/durable_file.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/ids.h"
#include "observe/log.h"
#include "service/ledger.h"
#include "service/put.h"
#include "service/service.h"
#include "service/staged_folder.h"
#include "service/staging_options.h"

namespace arrowport::service {
namespace {

using SystemClock = std::chrono::system_clock;

// Parts that are written to disk at one time.
constexpr int kThreadsMax = 16;
const std::string kTemporaryPrefix = "arrowport-parts-";
// Ingests that are committed at one time.
constexpr int kCommitsMax = 8;
constexpr size_t kIngestsMax = 1'000;

static_assert(kPartsLifetimeMax <= kKeyLifetime, "whether one has landed must be known");

std::string DirectoryOf(const StagingOptions& options) {
  if (!options.directory.empty()) return options.directory;
  std::error_code ignored;
  return std::filesystem::temp_directory_path(ignored) / (kTemporaryPrefix + NewId());
}

Status NotFound(const std::string& stream, std::string_view id) {
  return MakeError(ErrorKind::kNotFound,
                   "there is no " + StagedIngests::NameOf(stream, id) +
                       "; it was committed or aborted long ago, has expired, or never was");
}

bool IsId(std::string_view name) {
  constexpr size_t kDigits = 32;
  return name.size() == kDigits && name.find_first_not_of("0123456789abcdef") == name.npos;
}

}  // namespace

StagedIngests::StagedIngests(const StagingOptions& options, Needs needs)
    : options_(options),
      directory_(DirectoryOf(options)),
      needs_(std::move(needs)),
      threads_(kThreadsMax),
      commit_threads_(kCommitsMax) {
  if (options_.directory.empty()) {
    RemoveOrphans();
    return;
  }
  std::error_code error;
  if (!std::filesystem::exists(directory_, error) && !error) return;
  status_ = MakeDirectory();
  if (status_.ok()) TakeOver();
}

StagedIngests::~StagedIngests() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  std::error_code ignored;
  if (options_.directory.empty()) std::filesystem::remove_all(directory_, ignored);
}

Status StagedIngests::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

// Makes it where it is not there, and keeps others out of it.
Status StagedIngests::MakeDirectory() {
  const std::lock_guard lock(mutex_);
  if (lock_ != nullptr) return Status::OK();
  ARROW_RETURN_NOT_OK(MakeFolder(directory_));
  return FolderLock::Take(directory_).Value(&lock_);
}

// What servers left among temporary files that were killed.
void StagedIngests::RemoveOrphans() const {
  std::error_code ignored;
  const auto folder = std::filesystem::path(directory_).parent_path();
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (!entry.path().filename().string().starts_with(kTemporaryPrefix)) continue;
    const auto lock = FolderLock::Take(entry.path().string());
    if (lock.ok()) std::filesystem::remove_all(entry.path(), ignored);
  }
}

void StagedIngests::TakeOver() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ignored)) {
    // What else lies there is not ours.
    if (IsId(entry.path().filename().string())) TakeOverFolder(StagedFolder(entry.path().string()));
  }
  const std::lock_guard lock(mutex_);
  ArmLocked();
}

void StagedIngests::TakeOverFolder(const StagedFolder& folder) {
  const auto leave = [&folder](const Status& reason) {
    observe::Log(observe::LogLevel::kError, "an ingest in parts cannot be gone on with",
                 {{"folder", folder.path()}, {"reason", reason.message()}});
  };
  const auto has_manifest = folder.HasManifest();
  if (!has_manifest.ok()) return leave(has_manifest.status());
  // Of one whose beginning nobody heard of, or whose end was not quite reached.
  if (!*has_manifest) return folder.Remove();
  auto staged = folder.Read();
  if (!staged.ok()) return leave(staged.status());
  folder.RemoveOthers(*staged);
  const auto ingest = std::make_shared<Ingest>(folder);
  ingest->staged = *std::move(staged);
  ingest->doubts = 1;
  const std::lock_guard lock(mutex_);
  bytes_held_ += ingest->staged.bytes();
  ingests_.emplace(ingest->staged.id, ingest);
}

// When it expires, by what its parts and those who send and commit them say.
StagedIngests::SystemTime StagedIngests::EndOfLocked(const Ingest& ingest) {
  const bool is_used = ingest.arriving > 0 || ingest.is_committing || ingest.is_over;
  if (is_used) return SystemTime::max();
  return std::max(ingest.staged.expires_at(), ingest.stays_until);
}

void StagedIngests::ArmLocked() {
  // The timer goes before the threads.
  if (is_closing_) return;
  if (alarm_) timer_.Remove(*alarm_);
  alarm_.reset();
  auto earliest = SystemClock::time_point::max();
  for (const auto& [id, ingest] : ingests_) earliest = std::min(earliest, EndOfLocked(*ingest));
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
      if (EndOfLocked(*ingest) > now) continue;
      ingest->is_over = true;
      expired.push_back(ingest);
    }
    ArmLocked();
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
  ARROW_RETURN_NOT_OK(MakeDirectory());
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
  }
  const Status written = ingest->folder.Write(ingest->staged);
  if (!written.ok()) {
    ingest->folder.Remove();
    return written;
  }
  const std::lock_guard lock(mutex_);
  ingests_.emplace(id, ingest);
  ArmLocked();
  return InfoOfLocked(*ingest);
}

std::string StagedIngests::NameOf(const std::string& stream, std::string_view id) {
  return "ingest '" + std::string(id) + "' of stream '" + stream + "'";
}

PutRequest StagedIngests::RequestOf(const std::string& stream, std::string_view id) {
  PutRequest request;
  request.stream = stream;
  request.schema = arrow::schema({});
  request.idempotency_key = "ingest " + std::string(id);
  request.must_be_durable = true;
  return request;
}

// As far as it can be told without waiting.
Result<StagedIngests::IngestPtr> StagedIngests::Peek(const Call& call, const std::string& stream,
                                                     std::string_view id) {
  ARROW_RETURN_NOT_OK(needs_.admit(call, access::Action::kPut, stream));
  const std::lock_guard lock(mutex_);
  const auto found = ingests_.find(id);
  if (found == ingests_.end()) return NotFound(stream, id);
  const StagedIngest& staged = found->second->staged;
  if (staged.stream != stream || staged.owner != call.caller.name) return NotFound(stream, id);
  return found->second;
}

// Asks the ledger about one of which it is not known whether it has landed.
Status StagedIngests::SettleDoubts(const Call& call, const IngestPtr& ingest) {
  int64_t doubts = 0;
  {
    const std::lock_guard lock(mutex_);
    doubts = ingest->doubts;
    if (doubts == ingest->doubts_settled) return Status::OK();
  }
  const PutRequest request = RequestOf(ingest->staged.stream, ingest->staged.id);
  ARROW_ASSIGN_OR_RAISE(const bool has_landed, needs_.has_landed(call, request));
  if (has_landed) {
    Forget(ingest);
    return NotFound(request.stream, ingest->staged.id);
  }
  const std::lock_guard lock(mutex_);
  ingest->doubts_settled = std::max(ingest->doubts_settled, doubts);
  return Status::OK();
}

Result<StagedIngests::IngestPtr> StagedIngests::Find(const Call& call, const std::string& stream,
                                                     std::string_view id) {
  ARROW_ASSIGN_OR_RAISE(IngestPtr ingest, Peek(call, stream, id));
  ARROW_RETURN_NOT_OK(SettleDoubts(call, ingest));
  return ingest;
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
  return stopped_.ok() ? parts_arriving_ : 0;
}

void StagedIngests::Stop(const Status& reason) {
  const std::lock_guard lock(mutex_);
  if (stopped_.ok()) stopped_ = reason;
}

}  // namespace arrowport::service
