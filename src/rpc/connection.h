#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <arrow/buffer.h>

#include "base/call_control.h"
#include "base/error.h"
#include "net/socket.h"
#include "rpc/code.h"
#include "rpc/options.h"
#include "rpc/session.h"
#include "rpc/stream.h"

namespace arrowport::rpc {

class Call;

/// One client's socket and session. What arrives is read by the thread of the socket's executor;
/// what is sent goes out by the thread that has it, and only what a full socket leaves behind waits
/// for the executor's.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using OnCall = std::function<void(std::shared_ptr<Call>)>;
  using OnClose = std::function<void(const Connection*)>;

  /// `on_call` is called for each call, `on_close` once; both by the executor's thread, on which
  /// they must not wait.
  Connection(net::Socket socket, const ServerOptions& options, OnCall on_call, OnClose on_close);

  /// Begins to serve. Runs on the executor.
  void Start();

  /// Looks for what has waited too long: a client that says nothing or takes nothing, of the end of
  /// a call above all. Called a few times a second, by any thread.
  void Sweep(Clock::time_point now);

  /// Lets the running calls end and begins no more; closes after them. Any thread.
  void GoAway();

  /// Interrupts the running calls. Any thread.
  void InterruptAll(const Status& reason);

  /// Closes at once. Any thread.
  void Cut();

  [[nodiscard]] net::Executor executor() { return socket_.get_executor(); }

  // For Call, of whose stream they are.
  Result<std::shared_ptr<arrow::Buffer>> Read(Stream& stream);
  void AddHeader(Stream& stream, Header header);
  bool Write(Stream& stream, const Message& message);
  bool WriteMore(Stream& stream, const Message& message);
  void Flush();
  void Finish(Stream& stream, const Outcome& outcome);
  [[nodiscard]] Status FailureOf(const Stream& stream) const;
  void Interrupt(Stream& stream);

 private:
  void AwaitReadable();
  void OnReadable();
  bool Receive();
  bool ReceiveLocked();
  void FlushLocked();
  bool SendLocked();
  void AwaitWritable();
  void OnWritable();
  void BreakLocked();
  void Close();
  bool SendAllLocked(std::unique_lock<std::mutex>& lock, Stream& stream);
  void WaitLocked(std::unique_lock<std::mutex>& lock, Stream& stream);

  net::Socket socket_;  // Used on the executor only, but for its descriptor.
  const int descriptor_;
  const OnCall on_call_;
  const OnClose on_close_;
  const std::chrono::milliseconds greeting_max_;
  const std::chrono::milliseconds first_message_max_;
  const std::chrono::milliseconds send_idle_max_;
  const Clock::time_point began_;

  mutable std::mutex mutex_;
  // Everything below is guarded by mutex_.
  Session session_;
  bool has_spoken_ = false;    // The client is one of HTTP/2.
  bool is_blocked_ = false;    // The socket takes nothing for now.
  bool is_urgent_ = false;     // A call was interrupted whose end it does not take.
  bool has_sent_all_ = false;  // It was said that nothing will follow.
  bool is_broken_ = false;     // Nothing can be sent or received.
  Clock::time_point sent_at_;  // When the socket was last seen full, or the last was sent.
};

}  // namespace arrowport::rpc
