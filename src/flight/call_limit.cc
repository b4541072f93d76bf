#include "flight/call_limit.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/error.h"

namespace arrowport::flight {
namespace {

// "ipv4:127.0.0.1:50000" without its port.
std::string AddressOf(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

void CountDown(std::unordered_map<std::string, int>& counts, const std::string& key) {
  const auto found = counts.find(key);
  if (--found->second == 0) counts.erase(found);
}

}  // namespace

Result<std::unique_ptr<CallLimit::Slot>> CallLimit::Enter(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  int& of_connection = by_connection_[peer];
  int& of_address = by_address_[AddressOf(peer)];
  const Status refusal = Refusal(of_connection, of_address);
  if (refusal.ok()) {
    ++calls_;
    ++of_connection;
    ++of_address;
    return std::make_unique<Slot>(*this, peer);
  }
  if (of_connection == 0) by_connection_.erase(peer);
  if (of_address == 0) by_address_.erase(AddressOf(peer));
  return refusal;
}

Status CallLimit::Refusal(int connection_calls, int address_calls) const {
  const int free = calls_max_ - calls_;
  const auto too_many = [this](const std::string& whose, int calls) {
    return MakeError(
        ErrorKind::kOverloaded,
        whose + std::to_string(calls) + " Flight calls are running, and what is left of " +
            std::to_string(calls_max_) + " (flight.calls_max) is for others; try again later");
  };
  if (free <= 0) {
    return MakeError(ErrorKind::kOverloaded, "as many Flight calls as allowed are running (" +
                                                 std::to_string(calls_max_) +
                                                 ", flight.calls_max); try again later");
  }
  if (connection_calls >= std::max(kConnectionSure, free / 2)) {
    return too_many("of this connection ", connection_calls);
  }
  if (address_calls >= std::max(kAddressSure, kAddressShare * free)) {
    return too_many("of this address ", address_calls);
  }
  return Status::OK();
}

void CallLimit::Leave(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  --calls_;
  CountDown(by_connection_, peer);
  CountDown(by_address_, AddressOf(peer));
}

}  // namespace arrowport::flight
