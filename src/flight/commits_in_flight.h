#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>

#include "base/error.h"
#include "net/signal.h"
#include "net/socket.h"
#include "service/put.h"

namespace arrowport::flight {

/// Puts of one call that wait for their commit, in the order in which they were finished. On one
/// executor, whose coroutine waits until there are none before this is destroyed.
class CommitsInFlight {
 public:
  using Outcome = Result<service::PutSummary>;

  /// `settled` is told each outcome, in that order.
  CommitsInFlight(const net::Executor& executor, std::function<void(const Outcome&)> settled)
      : executor_(executor), settled_(std::move(settled)), changed_(executor) {}

  /// Finishes `put`. Waits first while as many as may be are in flight.
  net::Awaitable<void> Finish(std::shared_ptr<service::Put> put) {
    while (slots_.size() >= kInFlightMax) co_await changed_.Wait();
    auto slot = std::make_shared<std::optional<Outcome>>();
    slots_.push_back(slot);
    put->Finish([this, executor = executor_, slot](Outcome outcome) {
      net::asio::post(executor, [this, slot, outcome = std::move(outcome)]() mutable {
        *slot = std::move(outcome);
        Settle();
      });
    });
  }

  net::Awaitable<void> WaitUntilNone() {
    while (!slots_.empty()) co_await changed_.Wait();
  }

 private:
  // Enough for one connection to fill the groups that are committed together.
  static constexpr size_t kInFlightMax = 64;

  void Settle() {
    while (!slots_.empty() && slots_.front()->has_value()) {
      settled_(**slots_.front());
      slots_.pop_front();
    }
    changed_.Set();
  }

  const net::Executor executor_;
  const std::function<void(const Outcome&)> settled_;
  net::Signal changed_;
  std::deque<std::shared_ptr<std::optional<Outcome>>> slots_;  // Not yet settled, the oldest first.
};

}  // namespace arrowport::flight
