#include "service/offered_results.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

#include "access/caller.h"
#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/deadline_timer.h"
#include "base/error.h"
#include "base/ids.h"
#include "engine/result_stream.h"
#include "service/service.h"

namespace arrowport::service {
namespace {

constexpr std::string_view kPrefix = "arrowport-ticket:";

// Each is small; without a bound they would add up all the same.
constexpr size_t kTicketsMax = 100'000;

Status UnknownTicket() {
  return MakeError(ErrorKind::kNotFound,
                   "the ticket is unknown: it was used, it expired, or its result is over");
}

}  // namespace

/// One result and all of its tickets.
class OfferedResults::Offer {
 public:
  Offer(access::Caller caller, Run run, OpenPart open_part)
      : owner(std::move(caller)), open(std::move(open_part)), run_(std::move(run)) {}

  /// The rows, which the first call starts.
  Result<RowsPtr> Start(const Call& call) {
    const std::lock_guard starting(starting_mutex_);
    if (started_) return rows_;
    started_ = true;
    rows_ = run_(call);
    const Status reason = broken();
    if (!reason.ok() && rows_.ok()) (*rows_)->Cancel(reason);
    const std::lock_guard lock(mutex_);
    if (rows_.ok()) running_ = *rows_;
    return rows_;
  }

  /// Ends all streams of the result.
  void Break(const Status& reason) {
    RowsPtr running;
    {
      const std::lock_guard lock(mutex_);
      if (!broken_.ok()) return;
      broken_ = reason;
      running = running_;
    }
    is_broken_.store(true, std::memory_order_release);
    if (running != nullptr) running->Cancel(reason);
  }

  [[nodiscard]] Status broken() const {
    if (!is_broken_.load(std::memory_order_acquire)) return Status::OK();
    const std::lock_guard lock(mutex_);
    return broken_;
  }

  // Constant.
  const access::Caller owner;
  const OpenPart open;  ///< Of a retained result; otherwise null.

  // Guarded by the mutex of OfferedResults.
  std::vector<std::string> unused_tickets;
  std::optional<DeadlineTimer::Key> expiry;
  Clock::time_point expires_at;

 private:
  const Run run_;

  // Held while the statement is planned.
  std::mutex starting_mutex_;
  bool started_ = false;
  Result<RowsPtr> rows_ = RowsPtr();

  std::atomic<bool> is_broken_ = false;
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  Status broken_;
  RowsPtr running_;
};

/// What one ticket opens.
class OfferedResults::OpenedStream final : public engine::ResultStream {
 public:
  OpenedStream(std::shared_ptr<Offer> offer, RowsPtr rows, const std::stop_token& stop)
      : offer_(std::move(offer)), rows_(std::move(rows)), on_stop_(stop, [this] {
          Cancel(MakeError(ErrorKind::kCancelled, "the caller cancelled the statement"));
        }) {}

  ~OpenedStream() override {
    if (at_end_ || offer_->open != nullptr) return;
    const Status reason =
        MakeError(ErrorKind::kCancelled, "a stream of the result was given up before its end");
    offer_->Break(reason);
    rows_->Cancel(reason);
  }

  OpenedStream(const OpenedStream&) = delete;
  OpenedStream& operator=(const OpenedStream&) = delete;

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override {
    return rows_->schema();
  }
  [[nodiscard]] bool ordered() const override { return rows_->ordered(); }

  QueueState Poll(std::shared_ptr<arrow::RecordBatch>* batch, std::function<void()> wake) override {
    if (!offer_->broken().ok()) return QueueState::kClosed;
    const QueueState state = rows_->Poll(batch, std::move(wake));
    if (state == QueueState::kClosed) at_end_ = true;
    return state;
  }

  [[nodiscard]] Status status() const override {
    const Status broken = offer_->broken();
    return broken.ok() ? rows_->status() : broken;
  }

  void Cancel(const Status& reason) override {
    if (offer_->open == nullptr) offer_->Break(reason);
    rows_->Cancel(reason);
  }

 private:
  const std::shared_ptr<Offer> offer_;
  const RowsPtr rows_;
  std::atomic<bool> at_end_ = false;
  // Last: it uses the others.
  const std::stop_callback<std::function<void()>> on_stop_;
};

bool OfferedResults::IsTicket(std::string_view text) { return text.starts_with(kPrefix); }

Result<OfferedResults::Tickets> OfferedResults::Add(const access::Caller& owner, Run run,
                                                    int count) {
  return Enter(std::make_shared<Offer>(owner, std::move(run), nullptr), count);
}

Result<OfferedResults::Tickets> OfferedResults::AddRetained(const access::Caller& owner,
                                                            OpenPart open, int count) {
  return Enter(std::make_shared<Offer>(owner, nullptr, std::move(open)), count);
}

Result<OfferedResults::Tickets> OfferedResults::Enter(const std::shared_ptr<Offer>& offer,
                                                      int count) {
  const std::lock_guard lock(mutex_);
  if (unused_.size() + static_cast<size_t>(count) > kTicketsMax) {
    return MakeError(ErrorKind::kOverloaded,
                     "too many tickets wait to be used; use or cancel some");
  }
  for (int i = 0; i < count; ++i) {
    std::string ticket = std::string(kPrefix) + NewId();
    offer->unused_tickets.push_back(ticket);
    unused_.emplace(std::move(ticket), offer);
  }
  Watch(offer);
  return Tickets{.texts = offer->unused_tickets,
                 .expires_at = std::chrono::system_clock::now() + lifetime_};
}

void OfferedResults::Watch(const std::shared_ptr<Offer>& offer) {
  Unwatch(*offer);
  offer->expires_at = Clock::now() + lifetime_;
  offer->expiry = timer_.Add(offer->expires_at, [this, weak = std::weak_ptr(offer)] {
    if (const auto expired = weak.lock()) Expire(expired);
  });
}

void OfferedResults::Unwatch(const Offer& offer) {
  if (offer.expiry.has_value()) timer_.Remove(*offer.expiry);
}

void OfferedResults::Expire(const std::shared_ptr<Offer>& offer) {
  const std::lock_guard lock(mutex_);
  // It may have been renewed a moment ago.
  if (Clock::now() < offer->expires_at) return;
  for (const std::string& ticket : offer->unused_tickets) unused_.erase(ticket);
  offer->unused_tickets.clear();
}

Result<std::shared_ptr<OfferedResults::Offer>> OfferedResults::Find(const access::Caller& owner,
                                                                    std::string_view ticket) const {
  const auto place = unused_.find(ticket);
  if (place == unused_.end() || place->second->owner.name != owner.name) return UnknownTicket();
  return place->second;
}

void OfferedResults::UseLocked(const std::shared_ptr<Offer>& offer, std::string_view ticket) {
  std::erase(offer->unused_tickets, ticket);
  if (offer->unused_tickets.empty()) Unwatch(*offer);
  unused_.erase(unused_.find(ticket));
  std::erase_if(used_, [](const auto& used) { return used.second.expired(); });
  used_.emplace(ticket, offer);
}

Result<OfferedResults::RowsPtr> OfferedResults::Open(const Call& call, std::string_view ticket) {
  std::shared_ptr<Offer> offer;
  int part = 0;
  {
    const std::lock_guard lock(mutex_);
    ARROW_ASSIGN_OR_RAISE(offer, Find(call.caller, ticket));
    if (offer->open != nullptr) {
      const auto place = std::ranges::find(offer->unused_tickets, ticket);
      part = static_cast<int>(place - offer->unused_tickets.begin());
    } else {
      UseLocked(offer, ticket);
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto rows, offer->open != nullptr ? offer->open(part) : offer->Start(call));
  return std::make_shared<OpenedStream>(std::move(offer), std::move(rows), call.control.stop);
}

Result<std::chrono::system_clock::time_point> OfferedResults::Renew(const access::Caller& owner,
                                                                    std::string_view ticket) {
  const std::lock_guard lock(mutex_);
  ARROW_ASSIGN_OR_RAISE(const auto offer, Find(owner, ticket));
  Watch(offer);
  return std::chrono::system_clock::now() + lifetime_;
}

Status OfferedResults::Cancel(const access::Caller& owner, std::string_view ticket,
                              const Status& reason) {
  std::shared_ptr<Offer> offer;
  {
    const std::lock_guard lock(mutex_);
    if (const auto used = used_.find(ticket); used != used_.end()) offer = used->second.lock();
    if (offer == nullptr) {
      ARROW_ASSIGN_OR_RAISE(offer, Find(owner, ticket));
    }
    if (offer->owner.name != owner.name) return UnknownTicket();
    for (const std::string& unused : offer->unused_tickets) unused_.erase(unused);
    offer->unused_tickets.clear();
    Unwatch(*offer);
  }
  offer->Break(reason);
  return Status::OK();
}

void OfferedResults::Clear() {
  const std::lock_guard lock(mutex_);
  for (const auto& [ticket, offer] : unused_) {
    offer->unused_tickets.clear();
    Unwatch(*offer);
  }
  unused_.clear();
}

int64_t OfferedResults::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(unused_.size());
}

}  // namespace arrowport::service
