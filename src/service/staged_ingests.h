#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type.h>

#include "access/authorizer.h"
#include "base/call_control.h"
#include "base/deadline_timer.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/worker_pool.h"
#include "service/put.h"
#include "service/staged_folder.h"
#include "service/staging_options.h"

namespace arrowport::service {

struct Call;
class PartPut;

/// What is known of an ingest in parts.
struct StagedIngestInfo {
  std::string id;
  std::string stream;
  std::vector<StagedPart> parts;  ///< In the order in which they land.
  int64_t parts_arriving = 0;     ///< That are being sent.
  std::chrono::system_clock::time_point expires_at;
};

/// Ingests in parts: each part is a put of its own, by any connection and door, in any order, sent
/// again as often as one likes. It is on disk when it is acknowledged, and replaces what was sent
/// under its name before. Nothing of them is in a table until all land in one transaction.
///
/// Parts survive the server. An ingest to which nothing is sent for its lifetime is forgotten. Only
/// the caller who began an ingest finds it. Safe to use from many threads; verbs block.
class StagedIngests {
 public:
  /// What of the service is needed here. All may block.
  struct Needs {
    /// Whether the caller may do that now, as of all verbs of Service.
    std::function<Status(const Call& call, access::Action action, std::string_view)> admit;
    /// Begins the put that lands all parts.
    std::function<Result<std::shared_ptr<Put>>(const Call& call, const PutRequest& request)> land;
    /// Begins it again after it has landed, to be told how; nothing more lands.
    std::function<Result<std::shared_ptr<Put>>(const Call& call, const PutRequest& request)>
        tell_again;
    /// Whether one with the key of `request` has landed.
    std::function<Result<bool>(const Call& call, const PutRequest& request)> has_landed;
    /// That rows of its schema can land as `request` says, by what is known before any is there.
    std::function<Status(const PutRequest& request)> check_fit;
    /// That the disk has room for more.
    std::function<Status()> check_room;
  };

  /// Takes over what lies in the folder of `options`, if nobody else has it; see status.
  StagedIngests(const StagingOptions& options, Needs needs);
  ~StagedIngests();
  StagedIngests(const StagedIngests&) = delete;
  StagedIngests& operator=(const StagedIngests&) = delete;

  /// OK, or why nothing can be staged.
  [[nodiscard]] Status status() const;

  /// Begins an ingest into `stream`.
  Result<StagedIngestInfo> Begin(const Call& call, const std::string& stream,
                                 std::optional<std::chrono::milliseconds> lifetime = {});

  /// Begins the part `request.part` of the ingest `request.ingest`. All parts have one schema:
  /// kConflict with the difference for another one. `keep_alive` owns this.
  Result<std::shared_ptr<Put>> BeginPart(const Call& call, const PutRequest& request,
                                         std::shared_ptr<void> keep_alive);

  /// The schema of the parts of an ingest; null without any.
  Result<std::shared_ptr<arrow::Schema>> SchemaOf(const Call& call, const PutRequest& request);

  /// kNotFound without one, as all that follow.
  Result<StagedIngestInfo> Describe(const Call& call, const std::string& stream,
                                    std::string_view id);

  /// Those of `stream` that are open.
  Result<std::vector<StagedIngestInfo>> List(const Call& call, const std::string& stream);

  /// Lands all parts in one transaction, by the rule that the stream has now, whether or not the
  /// caller waits for it. What is still being sent fails. When this fails the ingest stays as it
  /// was; when it is asked for again after it succeeded it tells so. Does not block: `done` is
  /// called once, from any thread, with kConflict while there are not `parts_expected`, or none, or
  /// while it is at work. `keep_alive` owns this.
  void Commit(const Call& call, const IngestName& name, std::optional<int64_t> parts_expected,
              std::shared_ptr<void> keep_alive, PutDone done);

  /// Forgets it with all of its parts. kConflict while it is being committed.
  Status Abort(const Call& call, const std::string& stream, std::string_view id);

  [[nodiscard]] int64_t bytes_held() const;
  [[nodiscard]] int64_t open_ingests() const;

  /// Parts that are being sent; none any more once they were stopped.
  [[nodiscard]] int64_t parts_arriving() const;

  /// Fails the parts that are being sent, and all that come, with `reason`.
  void Stop(const Status& reason);

  /// For messages.
  static std::string NameOf(const std::string& stream, std::string_view id);

 private:
  friend class PartPut;
  using SystemTime = std::chrono::system_clock::time_point;

  /// One that is open.
  struct Ingest {
    explicit Ingest(StagedFolder the_folder) : folder(std::move(the_folder)) {}

    const StagedFolder folder;

    // Held while the manifest is written, before mutex_.
    std::mutex writing;

    // Everything below is guarded by mutex_ of StagedIngests.
    StagedIngest staged;
    std::shared_ptr<arrow::Schema> schema;  // Null without parts, and until it was read.
    int64_t arriving = 0;
    bool is_committing = false;
    bool is_over = false;
    // How often it may have landed without anyone having heard of it, and how often it is known
    // that it had not.
    int64_t doubts = 0;
    int64_t doubts_settled = 0;
    SystemTime stays_until;  // Whenever it expires.
  };
  using IngestPtr = std::shared_ptr<Ingest>;

  Status MakeDirectory();
  void TakeOver();
  void RemoveOrphans() const;
  void TakeOverFolder(const StagedFolder& folder);
  void ArmLocked();
  void Expire();
  Result<IngestPtr> Peek(const Call& call, const std::string& stream, std::string_view id);
  Status SettleDoubts(const Call& call, const IngestPtr& ingest);
  Result<IngestPtr> Find(const Call& call, const std::string& stream, std::string_view id);
  Result<std::shared_ptr<arrow::Schema>> SchemaOfParts(const IngestPtr& ingest);
  Status CheckSchema(const IngestPtr& ingest, const std::string& part,
                     const std::shared_ptr<arrow::Schema>& schema);
  Result<PutSummary> CommitNow(const Call& call, const IngestName& name,
                               std::optional<int64_t> parts_expected);
  Result<PutSummary> TellAgain(const Call& call, const PutRequest& request);
  Status BeginToCommit(const IngestPtr& ingest, std::optional<int64_t> parts_expected);
  Result<PutSummary> Land(const Call& call, const IngestPtr& ingest);
  void Forget(const IngestPtr& ingest);
  static StagedIngestInfo InfoOfLocked(const Ingest& ingest);
  static PutRequest RequestOf(const std::string& stream, std::string_view id);
  static void StayLocked(Ingest& ingest);
  static SystemTime EndOfLocked(const Ingest& ingest);

  // Of a part that arrives.
  Result<StagedIngest> WithPart(const IngestPtr& ingest, const StagedPart& part,
                                const std::shared_ptr<arrow::Schema>& schema, StagedPart* replaced);
  Status TakeRoom(int64_t bytes);
  void GiveBackRoom(int64_t bytes);
  Status CheckOpen(const IngestPtr& ingest) const;
  Status CheckOpenLocked(const Ingest& ingest) const;
  Status Stage(const IngestPtr& ingest, const StagedPart& part,
               const std::shared_ptr<arrow::Schema>& schema);
  void PartIsOver(const IngestPtr& ingest);

  // Constant after construction.
  const StagingOptions options_;
  const std::string directory_;
  const Needs needs_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::unique_ptr<FolderLock> lock_;  // Of the directory, once it is there.
  Status status_;
  std::map<std::string, IngestPtr, std::less<>> ingests_;  // By id.
  int64_t bytes_held_ = 0;
  int64_t parts_arriving_ = 0;
  Status stopped_;
  std::optional<DeadlineTimer::Key> alarm_;  // For the one that expires first.
  bool is_closing_ = false;

  // Go first, the timer before the threads: what they run uses all of the above. Those who commit
  // may wait for room that others hold who wait for the rest.
  WorkerPool threads_;
  WorkerPool commit_threads_;
  DeadlineTimer timer_;
};

}  // namespace arrowport::service
