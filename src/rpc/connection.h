#pragma once

#include <functional>
#include <memory>
#include <string>

#include <arrow/buffer.h>
#include <boost/asio/steady_timer.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "net/socket.h"
#include "rpc/code.h"
#include "rpc/fair_share.h"
#include "rpc/options.h"
#include "rpc/session.h"
#include "rpc/stream.h"

namespace arrowport::rpc {

class Call;

/// One client's socket and session. It is used on the executor of its socket, but where said. What
/// is to be sent goes out together when the thread has nothing more to do for it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using OnCall = std::function<void(std::shared_ptr<Call>)>;
  using OnClose = std::function<void(const Connection*)>;

  /// `on_call` is called for each call, `on_close` once; they must not wait. `unread` is of the
  /// server (see Session).
  Connection(net::Socket socket, const ServerOptions& options, FairShare& unread, OnCall on_call,
             OnClose on_close);

  /// Begins to serve.
  void Start();

  /// Lets the running calls end and begins no more; closes after them. Any thread.
  void GoAway();

  /// Fails the running calls. Any thread.
  void FailAll(const Status& reason);

  /// Closes at once. Any thread.
  void Cut();

  [[nodiscard]] const net::Executor& executor() const { return executor_; }

  // For Call, of whose stream they are: as Session has them.
  void Await(Stream& stream);
  std::shared_ptr<arrow::Buffer> TakeMessage(Stream& stream);
  void Admit(Stream& stream);
  void Send(Stream& stream, const Message& message);
  void Finish(Stream& stream, const Outcome& outcome);
  void Fail(Stream& stream, const Status& reason);
  void Hurry(Stream& stream);

 private:
  void AwaitReadable();
  bool Receive();
  bool ReceiveAll();
  void BeginCalls();
  void FlushSoon();
  void Flush();
  bool SendOutput();
  void AwaitWritable();
  void Break();
  void Close();
  void LookSoon();
  void LookForTheIdle();

  net::Socket socket_;
  const net::Executor executor_;
  const int descriptor_;
  const OnCall on_call_;
  const OnClose on_close_;
  const Patience patience_;
  const Clock::time_point began_;

  Session session_;
  net::asio::steady_timer look_;
  bool looks_ = false;         // look_ is running.
  bool flushes_soon_ = false;  // Flush will be called.
  bool has_spoken_ = false;    // The client is one of HTTP/2.
  bool is_blocked_ = false;    // The socket takes nothing for now.
  bool is_urgent_ = false;     // A call was ended whose end it does not take.
  bool has_sent_all_ = false;  // It was said that nothing will follow.
  bool is_broken_ = false;     // Nothing can be sent or received.
  Clock::time_point sent_at_;  // When the socket was last seen full, or the last was sent.
};

}  // namespace arrowport::rpc
