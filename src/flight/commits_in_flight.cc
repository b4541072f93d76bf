#include "flight/commits_in_flight.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "service/put.h"

namespace arrowport::flight {
namespace {

// Enough for one connection to fill the groups that are committed together.
constexpr size_t kInFlightMax = 64;

}  // namespace

CommitsInFlight::CommitsInFlight(std::function<void(const Outcome&)> settled)
    : state_(std::make_shared<State>()) {
  state_->settled = std::move(settled);
}

CommitsInFlight::~CommitsInFlight() { WaitUntilNone(); }

void CommitsInFlight::Finish(service::Put& put) {
  auto slot = std::make_shared<Slot>();
  {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [this] { return state_->slots.size() < kInFlightMax; });
    state_->slots.push_back(slot);
  }
  put.Finish(
      [state = state_, slot](Outcome outcome) { Settle(*state, *slot, std::move(outcome)); });
}

void CommitsInFlight::WaitUntilNone() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->slots.empty(); });
}

void CommitsInFlight::Settle(State& state, Slot& slot, Outcome outcome) {
  const std::lock_guard lock(state.mutex);
  slot = std::move(outcome);
  while (!state.slots.empty()) {
    const Slot& oldest = *state.slots.front();
    if (!oldest.has_value()) break;
    state.settled(*oldest);
    state.slots.pop_front();
  }
  state.changed.notify_all();
}

}  // namespace arrowport::flight
