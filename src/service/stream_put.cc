#include "service/stream_put.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>

#include "base/batch_bytes.h"
#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/written_out.h"
#include "engine/append.h"
#include "engine/database.h"
#include "engine/landing.h"
#include "observe/log.h"
#include "service/lanes.h"
#include "service/ledger.h"
#include "service/put.h"
#include "service/put_account.h"
#include "service/put_budget.h"
#include "service/stream_rule.h"

namespace arrowport::service {
namespace {

// Large puts that may be begun at one time. Each may wait for others who make its table.
constexpr int kThreadsMax = 64;

// What a put is let in with when its client does not say how much it will send.
constexpr int64_t kFirstBytes = 64 * kKiB;

using Wake = std::function<void()>;
using Done = std::function<void(Result<PutSummary>)>;
using Batch = std::shared_ptr<arrow::RecordBatch>;

class StreamPut final : public Put, public std::enable_shared_from_this<StreamPut> {
 public:
  StreamPut(PutSpace& space, PutTarget target, PutAccount account, CallControl control,
            std::shared_ptr<void> keep_alive)
      : keep_alive_(std::move(keep_alive)),
        space_(space),
        target_(std::move(target)),
        control_(std::move(control)),
        account_(std::make_shared<PutAccount>(std::move(account))) {
    ++space_.open_puts;
  }

  ~StreamPut() override { StopCounting(); }

  StreamPut(const StreamPut&) = delete;
  StreamPut& operator=(const StreamPut&) = delete;

  /// Gives up as soon as the call is to stop, wherever its door waits.
  void WatchTheCall() {
    if (!control_.stop.stop_possible()) return;
    stop_callback_.emplace(control_.stop, [weak = weak_from_this()] {
      if (const auto put = weak.lock()) {
        put->GiveUp(MakeError(ErrorKind::kCancelled, "the caller gave up the put"));
      }
    });
  }

  QueueState Open(std::optional<int64_t> bytes_expected, Wake wake) override {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_.ok()) return QueueState::kClosed;
      if (append_ != nullptr) return QueueState::kReady;
    }
    if (NeedsALook(bytes_expected)) {
      looked_ = true;
      space_.threads.Post([self = shared_from_this(), wake = std::move(wake)] {
        self->Fail(self->Look());
        wake();
      });
      return QueueState::kWait;
    }
    if (is_of_a_producer()) {
      Fail(CheckStamp());
      if (!failure().ok()) return QueueState::kClosed;
    }
    const int64_t small_max = space_.options.small_put_bytes_max;
    if (bytes_expected.value_or(0) > small_max && !drops_rows()) {
      return BecomeLarge(std::move(wake));
    }
    const int64_t bytes = std::clamp(bytes_expected.value_or(kFirstBytes), int64_t{1}, small_max);
    return small_share_->Ask(bytes, std::move(wake));
  }

  QueueState Write(Batch batch, Wake wake) override {
    // Some values are small here and large in the group that they land with.
    int64_t bytes = std::max(account_->Count(*batch), BytesWrittenOut(*batch));
    std::shared_ptr<engine::Append> append;
    {
      const std::lock_guard lock(mutex_);
      if (!failure_.ok()) return QueueState::kClosed;
      append = append_;
    }
    // Counted and dropped.
    if (drops_rows()) return QueueState::kReady;
    if (!target_.added.empty()) {
      auto extended = target_.added.Extend(batch, target_.schema);
      if (!extended.ok()) {
        GiveUp(extended.status());
        return QueueState::kClosed;
      }
      batch = *std::move(extended);
      bytes = std::max(bytes, BytesOf(*batch));
    }
    bytes_kept_ += bytes;
    if (append != nullptr) {
      const Status room = space_.database->CheckRoom();
      if (room.ok()) return append->Write(std::move(batch), std::move(wake));
      GiveUp(room);
      return QueueState::kClosed;
    }
    Keep(std::move(batch));
    if (bytes_kept_ <= space_.options.small_put_bytes_max) {
      return small_share_->Ask(bytes_kept_, std::move(wake));
    }
    return BecomeLarge(std::move(wake));
  }

  void Finish(Done done) override {
    finished_ = true;
    if (target_.payload_digest) account_->SetPayload(target_.payload_digest());
    if (skips_) account_->MarkSkipped();
    if (skips_ && !is_of_a_producer()) return done(account_->Settle(failure()));
    if (!is_of_a_producer()) return Land(done);
    Status failure = this->failure();
    if (!failure.ok()) return done(account_->Settle(failure));
    DecideThenLand(done);
  }

  void Abort(const Status& reason) override {
    GiveUp(reason);
    // The put is over without a Finish that would enter it in the books.
    if (!std::exchange(finished_, true)) (void)account_->Settle(reason);
  }

 private:
  // From any thread. Does nothing to what is being committed.
  void GiveUp(const Status& reason) {
    std::shared_ptr<engine::Append> append;
    {
      const std::lock_guard lock(mutex_);
      if (queued_) return;
      append = append_;
      if (failure_.ok()) failure_ = reason;
      batches_.clear();
    }
    if (append != nullptr) append->Abort(reason);
    small_share_->GiveBack();
    large_share_->GiveBack();
    StopCounting();
  }

  void StopCounting() {
    if (counted_.exchange(false)) --space_.open_puts;
  }

  void Fail(const Status& status) {
    const std::lock_guard lock(mutex_);
    if (failure_.ok()) failure_ = status;
  }

  [[nodiscard]] const ProducerStamp& stamp() const { return account_->summary().stamp; }
  [[nodiscard]] bool is_of_a_producer() const { return stamp().is_set(); }

  Status failure() {
    const std::lock_guard lock(mutex_);
    if (failure_.ok()) failure_ = small_share_->status();
    return failure_;
  }

  [[nodiscard]] const StreamRule& rule() const {
    static const StreamRule kNone;
    return target_.route.rule == nullptr ? kNone : *target_.route.rule;
  }

  [[nodiscard]] bool is_told_when_queued() const {
    return rule().durability == Durability::kQueued && !target_.must_be_durable;
  }

  // Whether nothing of what is sent will land.
  [[nodiscard]] bool drops_rows() const { return has_landed_before_ || skips_; }

  // Whether something has to be asked of the database before anything of the put is read.
  bool NeedsALook(std::optional<int64_t> bytes_expected) {
    if (looked_) return false;
    if (is_of_a_producer() && !space_.ledger.is_loaded()) return true;
    if (target_.read_checks) return true;
    // Who does not say how much will come may send for long what does not fit.
    const bool must_fit = !bytes_expected || rule().skip_misfits || is_told_when_queued();
    return must_fit && !space_.known_schemas.Knows(lane_, *target_.schema);
  }

  Status Look() {
    if (is_of_a_producer()) {
      ARROW_RETURN_NOT_OK(space_.ledger.Load());
      ARROW_RETURN_NOT_OK(CheckStamp());
      // What has landed need not fit any more.
      if (has_landed_before_) return Status::OK();
    }
    if (target_.read_checks) ARROW_RETURN_NOT_OK(AddChecks());
    const Status fits = space_.database->CheckAppend(target_.table, target_.schema, landing_.get());
    if (!rule().skip_misfits || KindOf(fits) != ErrorKind::kConflict) return fits;
    observe::Log(observe::LogLevel::kWarning, "put skipped: its columns do not fit",
                 {{"stream", account_->summary().stream}, {"reason", fits.message()}});
    skips_ = true;
    return Status::OK();
  }

  Status AddChecks() {
    auto landing = std::make_shared<engine::Landing>(*landing_);
    ARROW_ASSIGN_OR_RAISE(landing->rule.checks, target_.read_checks());
    landing_ = std::move(landing);
    return Status::OK();
  }

  // Rows of this put alone are put aside where the rule says so.
  static std::shared_ptr<const engine::Landing> LandingOf(
      const PutTarget& target, const std::shared_ptr<PutAccount>& account) {
    if (target.route.landing == nullptr || !target.route.landing->rule.quarantine) {
      return target.route.landing;
    }
    auto landing = std::make_shared<engine::Landing>(*target.route.landing);
    landing->stream = account->summary().stream;
    const ProducerStamp& stamp = account->summary().stamp;
    if (!stamp.is_key()) landing->producer = stamp.producer;
    landing->on_quarantined = [account](int64_t rows) { account->CountQuarantined(rows); };
    account->CountQuarantined(0);
    return landing;
  }

  Status CheckStamp() {
    return space_.ledger.CheckEarly(account_->summary().stream, stamp()).Value(&has_landed_before_);
  }

  // Of a put of a producer. Called again as often as it has to wait for those before it.
  void DecideThenLand(const Done& done) {
    using Kind = Ledger::Verdict::Kind;
    Status queued;
    const auto wake = [self = shared_from_this(), done] { self->DecideThenLand(done); };
    const auto queue = [&](Ledger::Generation generation) {
      if (!is_large()) queued = Queue(done, generation);
    };
    const auto verdict =
        space_.ledger.Decide(stamp(), account_->summary(), is_large() ? "" : lane_, wake, queue);
    switch (verdict.kind) {
      case Kind::kWait:
        return;
      case Kind::kDuplicate:
        GiveUp(MakeError(ErrorKind::kConflict, "the put has landed before"));
        return done(verdict.summary);
      case Kind::kRefuse:
        GiveUp(verdict.status);
        return done(account_->Settle(verdict.status));
      case Kind::kLand:
        if (is_large()) return FinishStreaming(done, verdict.generation);
        if (!queued.ok()) Settle(queued, done, verdict.generation);
        return;
    }
  }

  [[nodiscard]] bool is_large() {
    const std::lock_guard lock(mutex_);
    return append_ != nullptr;
  }

  void Land(const Done& done) {
    if (is_large()) return FinishStreaming(done, 0);
    const Status queued = Queue(done, 0);
    if (!queued.ok()) Settle(queued, done, 0);
  }

  void FinishStreaming(const Done& done, Ledger::Generation generation) {
    append_->Finish([self = shared_from_this(), done, generation](const Result<int64_t>& rows) {
      self->large_share_->GiveBack();
      self->Settle(rows.status(), done, generation);
    });
  }

  Status Queue(const Done& done, Ledger::Generation generation) {
    Lanes::Entry entry;
    {
      const std::lock_guard lock(mutex_);
      if (failure_.ok()) failure_ = small_share_->status();
      ARROW_RETURN_NOT_OK(failure_);
      queued_ = true;
      entry.rows = {.table = target_.table,
                    .schema = target_.schema,
                    .batches = std::exchange(batches_, {}),
                    .landing = landing_};
    }
    entry.bytes = bytes_kept_;
    entry.lane = lane_;
    entry.delay_max = rule().max_delay;
    if (skips_) {
      // Nothing but that it was heard.
      entry.rows = LedgerRows({account_->summary()});
    } else if (is_of_a_producer()) {
      entry.record = account_->summary();
    }
    if (is_of_a_producer()) {
      entry.check = [self = shared_from_this(), generation] {
        return self->space_.ledger.CheckTurn(self->account_->summary().stream, self->stamp(),
                                             generation);
      };
    }
    const bool is_told_before = is_told_when_queued();
    entry.done = [self = shared_from_this(), done, is_told_before,
                  generation](const Status& status) {
      self->small_share_->GiveBack();
      if (is_told_before) self->Complain(status);
      self->Settle(status, is_told_before ? Ignore : done, generation);
    };
    PutSummary told = account_->summary();
    account_->EnterPending();
    ARROW_RETURN_NOT_OK(space_.lanes->Add(entry));
    told.durable = false;
    if (is_told_before) done(std::move(told));
    return Status::OK();
  }

  static void Ignore(const Result<PutSummary>& /*answer*/) {}

  // Of a put whose client was told that it is queued.
  void Complain(const Status& status) const {
    if (status.ok()) return;
    observe::Log(observe::LogLevel::kError, "a queued put did not land",
                 {{"stream", account_->summary().stream},
                  {"rows", std::to_string(account_->summary().rows)},
                  {"reason", status.message()}});
  }

  void Settle(const Status& status, const Done& done, Ledger::Generation generation) {
    if (status.ok() && !skips_) space_.known_schemas.Learn(lane_, target_.schema);
    auto answer = account_->Settle(status);
    if (!is_of_a_producer()) return done(std::move(answer));
    if (answer.ok()) {
      space_.ledger.Landed(*answer, generation);
    } else {
      space_.ledger.Failed(account_->summary().stream, stamp(), generation);
    }
    done(std::move(answer));
  }

  void Keep(Batch batch) {
    const std::lock_guard lock(mutex_);
    batches_.push_back(std::move(batch));
  }

  std::vector<Batch> TakeKept() {
    const std::lock_guard lock(mutex_);
    return std::exchange(batches_, {});
  }

  // `wake` is called when the put streams, or has failed.
  QueueState BecomeLarge(Wake wake) {
    const auto post = [self = shared_from_this(), wake = std::move(wake)] {
      self->space_.threads.Post([self, wake] {
        self->BeginStreaming();
        wake();
      });
    };
    const QueueState state = large_share_->Ask(space_.options.large_put_bytes_max, post);
    if (state != QueueState::kReady) return state;
    post();
    return QueueState::kWait;
  }

  void BeginStreaming() {
    Fail(Stream());
    small_share_->GiveBack();
  }

  Status Stream() {
    engine::AppendOptions options;
    options.landing = landing_;
    if (is_of_a_producer()) {
      options.also = [self = shared_from_this()] {
        return std::vector{LedgerRows({self->account_->summary()})};
      };
    }
    ARROW_ASSIGN_OR_RAISE(auto append, space_.database->BeginAppend(target_.table, target_.schema,
                                                                    options, control_));
    {
      const std::lock_guard lock(mutex_);
      // Aborted meanwhile: that is the end of the append too.
      ARROW_RETURN_NOT_OK(failure_);
      append_ = append;
    }
    for (auto& batch : TakeKept()) {
      ARROW_RETURN_NOT_OK(append->WriteBlocking(std::move(batch)));
    }
    return Status::OK();
  }

  // Constant after construction.
  const std::shared_ptr<void> keep_alive_;
  PutSpace& space_;
  const PutTarget target_;
  const CallControl control_;
  const std::string lane_ = target_.table.Key();
  const std::shared_ptr<PutAccount> account_;
  const std::shared_ptr<PutBudget::Share> small_share_ =
      std::make_shared<PutBudget::Share>(space_.small_budget);
  const std::shared_ptr<PutBudget::Share> large_share_ =
      std::make_shared<PutBudget::Share>(space_.large_budget);
  // Null: rows are appended. Set once more by the first look.
  std::shared_ptr<const engine::Landing> landing_ = LandingOf(target_, account_);

  // Of the one writer at a time.
  bool looked_ = false;
  bool has_landed_before_ = false;
  int64_t bytes_kept_ = 0;  // With the columns that the rule adds.
  bool skips_ = false;      // It does not fit, and the rule says to drop it then.
  bool finished_ = false;

  std::atomic<bool> counted_ = true;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  Status failure_;
  std::vector<Batch> batches_;              // While it is small.
  bool queued_ = false;                     // In its lane, and over there.
  std::shared_ptr<engine::Append> append_;  // Once it streams.

  // Goes first: it uses all of the above.
  std::optional<std::stop_callback<std::function<void()>>> stop_callback_;
};

}  // namespace

PutSpace::PutSpace(std::shared_ptr<engine::Database> engine_database,
                   const IngestOptions& ingest_options)
    : database(std::move(engine_database)),
      options(ingest_options),
      ledger(database),
      lanes(std::make_shared<Lanes>(database,
                                    LaneOptions{.group_bytes_max = options.group_bytes_max})),
      small_budget(options.bytes_max / 2, options.wait_max),
      large_budget(options.bytes_max / 2, std::nullopt),
      threads(kThreadsMax) {}

int64_t PutSpace::running() const { return stopped ? lanes->pending() : open_puts.load(); }

void PutSpace::Stop(const Status& reason) {
  stopped = true;
  lanes->Stop(reason);
}

std::shared_ptr<Put> MakeStreamPut(PutSpace& space, PutTarget target, PutAccount account,
                                   const CallControl& control, std::shared_ptr<void> keep_alive) {
  auto put = std::make_shared<StreamPut>(space, std::move(target), std::move(account), control,
                                         std::move(keep_alive));
  put->WatchTheCall();
  return put;
}

}  // namespace arrowport::service
