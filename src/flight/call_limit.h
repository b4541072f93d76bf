#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/error.h"

namespace arrowport::flight {

/// How many calls may have something to do at a time, of all clients. No few of them can have all:
/// a connection may have half as many as are free still, and those of one address seven times as
/// many, so that there is always room for whoever comes. Safe to use from many threads.
class CallLimit {
 public:
  /// Destroyed, it counts no more.
  class Slot {
   public:
    explicit Slot(CallLimit& limit, std::string peer) : limit_(&limit), peer_(std::move(peer)) {}
    ~Slot() { limit_->Leave(peer_); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    CallLimit* const limit_;
    const std::string peer_;
  };

  explicit CallLimit(int calls_max) : calls_max_(calls_max) {}

  /// Counts a call of `peer`, as rpc::Request has it, for as long as the slot lives.
  /// \return kOverloaded when there are too many, in all or of that client.
  Result<std::unique_ptr<Slot>> Enter(const std::string& peer);

 private:
  // Up to so many a client gets as long as there are any.
  static constexpr int kConnectionSure = 16;
  static constexpr int kAddressSure = 64;
  static constexpr int kAddressShare = 7;

  void Leave(const std::string& peer);
  [[nodiscard]] Status Refusal(int connection_calls, int address_calls) const;

  const int calls_max_;

  std::mutex mutex_;
  // Everything below is guarded by mutex_.
  int calls_ = 0;
  std::unordered_map<std::string, int> by_connection_;
  std::unordered_map<std::string, int> by_address_;
};

}  // namespace arrowport::flight
