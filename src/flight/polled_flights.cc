#include "flight/polled_flights.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/flight/types.h>
#include <arrow/type.h>

#include "access/caller.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/wait.h"
#include "service/result_offers.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightDescriptor;
using arrow::flight::FlightInfo;
using arrow::flight::PollInfo;

constexpr std::string_view kPrefix = "arrowport-poll:";

// Each runs on a thread; more wait for their turn.
constexpr int kThreadsMax = 64;
constexpr size_t kPolledMax = 1'000;

// The first answer comes at once, but for statements that are quicker still; the others when there
// is a result, or it is time to say how far it is.
constexpr auto kFirstPatience = std::chrono::milliseconds(20);
constexpr auto kPatience = std::chrono::milliseconds(1'000);

arrow::flight::Timestamp ToTimestamp(std::chrono::system_clock::time_point time) {
  return std::chrono::time_point_cast<arrow::flight::Timestamp::duration>(time);
}

}  // namespace

struct PolledFlights::Polled {
  // Constant after construction.
  access::Caller owner;
  FlightDescriptor asked;
  const std::shared_ptr<service::StatementWatch> watch =
      std::make_shared<service::StatementWatch>();

  std::stop_source stop;
  Clock::time_point expires_at;  // Guarded by the mutex of PolledFlights.

  std::mutex mutex;
  std::condition_variable_any changed;
  std::optional<Result<FlightInfo>> made;  // Guarded by mutex.
};

PolledFlights::PolledFlights(std::chrono::milliseconds lifetime)
    : lifetime_(lifetime), threads_(kThreadsMax) {}

PolledFlights::~PolledFlights() {
  const std::lock_guard lock(mutex_);
  for (const auto& [handle, polled] : polled_) polled->stop.request_stop();
}

bool PolledFlights::IsHandle(std::string_view text) { return text.starts_with(kPrefix); }

Result<PolledFlights::Info> PolledFlights::Start(const access::Caller& owner,
                                                 const FlightDescriptor& asked, Make make,
                                                 const CallControl& control) {
  const std::string handle = std::string(kPrefix) + NewId();
  auto polled = std::make_shared<Polled>();
  polled->owner = owner;
  polled->asked = asked;
  {
    const std::lock_guard lock(mutex_);
    if (polled_.size() >= kPolledMax) {
      return MakeError(ErrorKind::kOverloaded, "there are " + std::to_string(polled_.size()) +
                                                   " statements that are polled; try again later");
    }
    polled->expires_at = Clock::now() + lifetime_;
    polled_.emplace(handle, polled);
    WatchLocked();
  }
  threads_.Post([polled, make = std::move(make)] {
    auto made = make({.deadline = {}, .stop = polled->stop.get_token()}, polled->watch);
    const std::lock_guard lock(polled->mutex);
    polled->made = std::move(made);
    polled->changed.notify_all();
  });
  return Answer(handle, *polled, control, kFirstPatience);
}

Result<PolledFlights::Info> PolledFlights::Wait(const access::Caller& owner,
                                                std::string_view handle,
                                                const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto polled, Find(owner, handle));
  return Answer(std::string(handle), *polled, control, kPatience);
}

Result<PolledFlights::Info> PolledFlights::Answer(const std::string& handle, Polled& polled,
                                                  const CallControl& control,
                                                  std::chrono::milliseconds patience) {
  CallControl waiting = control;
  const auto until = Clock::now() + patience;
  waiting.deadline = std::min(until, control.deadline.value_or(until));
  std::unique_lock lock(polled.mutex);
  const auto ended =
      WaitFor(polled.changed, lock, waiting, [&polled] { return polled.made.has_value(); });
  if (ended == ErrorKind::kCancelled) {
    return MakeError(*ended, "the caller polls no more; the statement goes on for a while");
  }
  if (!ended) {
    // It stays, for a client that asks once more.
    ARROW_RETURN_NOT_OK(polled.made->status());
    const FlightInfo& info = **polled.made;
    std::optional<arrow::flight::Timestamp> expires_at;
    if (!info.endpoints().empty()) expires_at = info.endpoints().front().expiration_time;
    return std::make_unique<PollInfo>(std::make_unique<FlightInfo>(info), std::nullopt,
                                      /*progress=*/1.0, expires_at);
  }
  lock.unlock();
  // What there is so far: nothing. By its metadata the statement can be cancelled.
  ARROW_ASSIGN_OR_RAISE(FlightInfo nothing,
                        FlightInfo::Make(*arrow::schema({}), polled.asked, {}, -1, -1,
                                         /*ordered=*/false, handle));
  return std::make_unique<PollInfo>(std::make_unique<FlightInfo>(std::move(nothing)),
                                    FlightDescriptor::Command(handle), polled.watch->progress(),
                                    ToTimestamp(std::chrono::system_clock::now() + lifetime_));
}

Result<std::shared_ptr<PolledFlights::Polled>> PolledFlights::Find(const access::Caller& owner,
                                                                   std::string_view handle) {
  const std::lock_guard lock(mutex_);
  const auto found = polled_.find(handle);
  if (found == polled_.end() || found->second->owner.name != owner.name) {
    return MakeError(
        ErrorKind::kNotFound,
        "there is no such statement to poll: it was cancelled, nobody has asked for it "
        "for " +
            std::to_string(lifetime_.count()) + " ms, or it never was");
  }
  found->second->expires_at = Clock::now() + lifetime_;
  return found->second;
}

bool PolledFlights::Cancel(const access::Caller& owner, const FlightInfo& info) {
  std::shared_ptr<Polled> polled;
  {
    const std::lock_guard lock(mutex_);
    const auto found = polled_.find(info.app_metadata());
    if (found == polled_.end() || found->second->owner.name != owner.name) return false;
    polled = std::move(found->second);
    polled_.erase(found);
  }
  polled->stop.request_stop();
  const std::lock_guard lock(polled->mutex);
  return !polled->made.has_value();
}

size_t PolledFlights::count() const {
  const std::lock_guard lock(mutex_);
  return polled_.size();
}

void PolledFlights::WatchLocked() {
  // Often enough that none lives much longer than it may.
  if (!is_watched_) timer_.Add(Clock::now() + lifetime_ / 4, [this] { EndExpired(); });
  is_watched_ = true;
}

void PolledFlights::EndExpired() {
  std::vector<std::shared_ptr<Polled>> expired;
  {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    std::erase_if(polled_, [&](const auto& entry) {
      if (entry.second->expires_at > now) return false;
      expired.push_back(entry.second);
      return true;
    });
    is_watched_ = false;
    if (!polled_.empty()) WatchLocked();
  }
  for (const auto& polled : expired) polled->stop.request_stop();
}

}  // namespace arrowport::flight
