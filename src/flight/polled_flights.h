#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <arrow/flight/types.h>

#include "access/caller.h"
#include "base/call_control.h"
#include "base/deadline_timer.h"
#include "base/error.h"
#include "base/worker_pool.h"
#include "service/result_offers.h"

namespace arrowport::flight {

/// Statements that PollFlightInfo has started, each on a thread of its own, until its client has
/// come for the result. A client that does not ask for a lifetime has given it up.
///
/// They belong to their caller; to others they do not exist. Safe to use from many threads.
class PolledFlights {
 public:
  using Info = std::unique_ptr<arrow::flight::PollInfo>;
  using Make = std::function<Result<arrow::flight::FlightInfo>(
      const CallControl& control, const std::shared_ptr<service::StatementWatch>& watch)>;

  explicit PolledFlights(std::chrono::milliseconds lifetime = std::chrono::minutes(1));
  /// Stops what runs.
  ~PolledFlights();
  PolledFlights(const PolledFlights&) = delete;
  PolledFlights& operator=(const PolledFlights&) = delete;

  /// Whether `text` is what a poll is to be asked with again.
  static bool IsHandle(std::string_view text);

  /// Starts `make` and waits a moment for it. kOverloaded when there are too many.
  Result<Info> Start(const access::Caller& owner, const arrow::flight::FlightDescriptor& asked,
                     Make make, const CallControl& control);

  /// Waits a while for one that runs; its failure is that of the call. kNotFound for one that is
  /// unknown or has expired.
  Result<Info> Wait(const access::Caller& owner, std::string_view handle,
                    const CallControl& control);

  /// Stops the one that `info` is of. \return whether there was one that ran.
  bool Cancel(const access::Caller& owner, const arrow::flight::FlightInfo& info);

  /// Those that run, or whose results nobody has come for.
  [[nodiscard]] size_t count() const;

 private:
  struct Polled;

  Result<Info> Answer(const std::string& handle, Polled& polled, const CallControl& control,
                      std::chrono::milliseconds patience);
  Result<std::shared_ptr<Polled>> Find(const access::Caller& owner, std::string_view handle);
  void WatchLocked();
  void EndExpired();

  const std::chrono::milliseconds lifetime_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Polled>, std::less<>> polled_;
  bool is_watched_ = false;  // The timer will look for expired ones.

  // Last, so that nothing runs while the rest is destroyed.
  WorkerPool threads_;
  DeadlineTimer timer_;
};

}  // namespace arrowport::flight
