#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "base/call_control.h"
#include "base/error.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/request.h"
#include "http/socket.h"
#include "http/transport.h"

namespace arrowport::http {

/// One client: its requests are served one after the other until either side has had enough.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Context& context, Socket socket);

  /// Serves until the connection is closed. Runs on the socket's executor.
  Awaitable<void> Run();

  /// Answers with `status` whatever the client sends, and closes.
  Awaitable<void> TurnAway(Status status);

  [[nodiscard]] Executor executor() { return transport_->executor(); }

  /// Closes if no request is being served; otherwise that is done after its answer. Any thread.
  void CloseIfIdle();

  /// Breaks off what is being served, and closes without an answer. Any thread.
  void Cut(const Status& reason);

 private:
  Awaitable<bool> AwaitRequest();
  Awaitable<bool> ServeRequest();
  Awaitable<Status> Handle(Exchange& exchange);
  Awaitable<void> Conclude(Exchange& exchange, Status status, Clock::time_point began);
  Awaitable<void> Refuse(Status status);
  Awaitable<void> Linger();
  void Account(const Exchange& exchange, const Status& status, Clock::time_point began) const;

  Context& context_;
  const std::shared_ptr<Transport> transport_;

  // Used on the executor only.
  std::optional<RequestParser> parser_;
  std::shared_ptr<Exchange> exchange_;
  std::string_view verb_;
  bool idle_ = true;
  bool first_ = true;
  bool cut_ = false;
};

}  // namespace arrowport::http
