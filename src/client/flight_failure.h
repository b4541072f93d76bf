#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include <arrow/flight/client_middleware.h>

#include "base/error.h"

namespace arrowport::client {

/// Notes the kind of failure that a server adds to its answers (the trailer
/// `arrowport-error-kind`), for several kinds share one status of Flight's.
class KindNote final : public arrow::flight::ClientMiddlewareFactory {
 public:
  // As Flight calls it.
  void StartCall(const arrow::flight::CallInfo& info,
                 std::unique_ptr<arrow::flight::ClientMiddleware>* middleware) override;

  /// The kind of the last call that failed, once. Calls that fail at the same time on one client
  /// may take each other's.
  std::optional<ErrorKind> Take();

 private:
  class Middleware;

  // Guards kind_.
  std::mutex mutex_;
  std::optional<ErrorKind> kind_;
};

/// A failure of Flight's library in our words: with the kind that was noted, if it is one of those
/// that this failure can be, and without what the library writes around the server's message.
Status ExplainFlightFailure(const Status& status, std::optional<ErrorKind> noted);

}  // namespace arrowport::client
