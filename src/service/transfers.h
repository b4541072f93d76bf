#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <stop_token>
#include <utility>

#include "base/error.h"
#include "service/transfer.h"

namespace arrowport::service {

class Service;
struct Call;

/// The transfers that this server does for its clients. Safe to use from many threads.
class Transfers {
 public:
  explicit Transfers(TransferOptions options) : options_(std::move(options)) {}

  /// Runs `request` to its end, in the calling thread. What it reads and lands here goes through
  /// the verbs of `service`, in one transaction at the target.
  Result<TransferSummary> Run(Service& service, const Call& call, const TransferRequest& request);

  /// Makes those that run end, wherever they wait.
  void StopAll();

 private:
  Result<TransferSummary> Pull(Service& service, const Call& call, const TransferRequest& request,
                               RemoteServer& source);
  Result<TransferSummary> Push(Service& service, const Call& call, const TransferRequest& request,
                               RemoteServer& target);

  // Constant after construction.
  const TransferOptions options_;

  // Guards running_.
  std::mutex mutex_;
  std::list<std::stop_source> running_;
};

}  // namespace arrowport::service
