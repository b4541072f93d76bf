#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "service/put.h"

namespace arrowport::flight {

/// Puts of one call that wait for their commit, in the order in which they were finished. One
/// thread finishes them.
class CommitsInFlight {
 public:
  using Outcome = Result<service::PutSummary>;

  /// `settled` is told each outcome, in that order, from any thread but one at a time.
  explicit CommitsInFlight(std::function<void(const Outcome&)> settled);

  /// Waits until none is in flight.
  ~CommitsInFlight();

  CommitsInFlight(const CommitsInFlight&) = delete;
  CommitsInFlight& operator=(const CommitsInFlight&) = delete;

  /// Finishes `put`. Blocks first while as many as may be are in flight.
  void Finish(service::Put& put);

  void WaitUntilNone();

 private:
  using Slot = std::optional<Outcome>;

  // Outlives this for callbacks that are about to return.
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::function<void(const Outcome&)> settled;
    std::deque<std::shared_ptr<Slot>> slots;  // Not yet settled, the oldest first.
  };

  static void Settle(State& state, Slot& slot, Outcome outcome);

  const std::shared_ptr<State> state_;
};

}  // namespace arrowport::flight
