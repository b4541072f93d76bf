#pragma once

#include <string>

#include <arrow/flight/server.h>

#include "base/error.h"
#include "rpc/call.h"
#include "rpc/metadata.h"

namespace arrowport::flight {

class RunningCall;

/// A call as Flight's handlers see it. Every context that they are given is one.
class CallContext final : public arrow::flight::ServerCallContext {
 public:
  /// `wire` must outlive it.
  explicit CallContext(rpc::Call& wire);

  [[nodiscard]] rpc::Call& wire() const { return wire_; }

  /// The call's own record, once it is known.
  [[nodiscard]] RunningCall* running() const { return running_; }
  void SetRunning(RunningCall* running) { running_ = running; }

  /// What has been added for the client to read at the end.
  [[nodiscard]] const rpc::Headers& trailers() const { return trailers_; }

  /// Keeps why a message of the client could not be read: Flight's interface says "no more" then.
  void SetReadFailure(Status failure) { read_failure_ = std::move(failure); }

  /// Why there were no more messages to read; OK at the client's own end of them.
  [[nodiscard]] Status ReadFailure() const;

  // As Flight calls them.
  [[nodiscard]] const std::string& peer_identity() const override { return peer_identity_; }
  [[nodiscard]] const std::string& peer() const override { return wire_.request().peer; }
  void AddHeader(const std::string& key, const std::string& value) const override;
  void AddTrailer(const std::string& key, const std::string& value) const override;
  [[nodiscard]] arrow::flight::ServerMiddleware* GetMiddleware(
      const std::string& /*key*/) const override {
    return nullptr;
  }
  [[nodiscard]] bool is_cancelled() const override { return !wire_.failure().ok(); }
  [[nodiscard]] const arrow::flight::CallHeaders& incoming_headers() const override {
    return headers_;
  }

 private:
  rpc::Call& wire_;
  arrow::flight::CallHeaders headers_;  // Refer to those of wire_.
  const std::string peer_identity_;
  RunningCall* running_ = nullptr;
  Status read_failure_;
  mutable rpc::Headers trailers_;  // Flight adds to a constant context.
};

}  // namespace arrowport::flight
