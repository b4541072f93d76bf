#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/call_control.h"
#include "base/error.h"
#include "net/socket.h"
#include "rpc/call.h"
#include "rpc/options.h"

namespace arrowport::rpc {

/// A gRPC server: HTTP/2 without TLS, messages as bytes, every method to one handler.
///
/// Two threads or so read what clients send, run the calls' coroutines and send. A call costs
/// memory, and no thread.
class Server {
 public:
  /// Serves one call, on the executor of its connection, which it must not block. It begins with
  /// the headers of the call.
  using Handler = std::function<net::Awaitable<void>(std::shared_ptr<Call> call)>;

  /// Binds and serves; from its return on, calls are answered.
  /// \return kUnavailable with the address when it cannot be bound.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options, Handler handler);

  /// Stops at once, if Stop was not called.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The port that is bound.
  [[nodiscard]] uint16_t port() const;

  /// Clients that are connected.
  [[nodiscard]] size_t connections() const;

  /// Takes no more calls, lets the running ones end until `deadline`, and fails what is left then.
  /// Blocks until no call runs and clients have had what there was for them, or a second to take
  /// it. The first call decides, later ones do nothing.
  void Stop(Clock::time_point deadline);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace arrowport::rpc
