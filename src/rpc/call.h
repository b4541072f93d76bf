#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <arrow/buffer.h>
#include <boost/asio/steady_timer.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "net/signal.h"
#include "net/socket.h"
#include "rpc/code.h"
#include "rpc/metadata.h"
#include "rpc/stream.h"

namespace arrowport::rpc {

class Connection;

/// One call of a client, on the executor of its connection: nothing of it may be used elsewhere.
/// One coroutine may read while another writes.
class Call : public std::enable_shared_from_this<Call> {
 public:
  /// See Start.
  Call(std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// Begins to keep the deadline that the client gave. Once, first.
  void Start();

  [[nodiscard]] const Request& request() const { return stream_->request; }
  [[nodiscard]] const net::Executor& executor() const { return executor_; }

  /// Waits for the client's next message; null once it has sent all.
  /// \return kTooLarge, kInvalidInput, kNotImplemented or kOverloaded for a message that cannot be
  ///     taken, kRequestTimeout for a client that sends none, kDeadlineExceeded, and kCancelled
  ///     when it is gone.
  net::Awaitable<Result<std::shared_ptr<arrow::Buffer>>> Read();

  /// Says that there is something to do for the call: what its client sends ahead counts no more
  /// as that of one who only begins calls, and it may send more.
  void Admit();

  /// Whether the client may be silent between two messages for as long as it likes.
  void SetMayBeSilent(bool may);

  /// Adds to the headers that go out with the first message, or the end.
  void AddHeader(Header header);

  /// Sends a message behind those that are not sent yet. What is written before the coroutine waits
  /// for anything goes out together.
  void Send(const Message& message);

  /// Sends a message and waits until there is room for the next one.
  /// \return why the client cannot have it any more.
  net::Awaitable<Status> Write(const Message& message);

  // The same with a message in one piece.
  void Send(std::shared_ptr<arrow::Buffer> message);
  net::Awaitable<Status> Write(std::shared_ptr<arrow::Buffer> message);

  /// Ends the call with what the client is told. Nothing may be read or written after it. A call
  /// that is destroyed without it ends with kUnknown.
  void Finish(const Outcome& outcome);

  /// Why nothing more can be read or written, as Read says it; OK when it can.
  [[nodiscard]] const Status& failure() const { return stream_->failure; }

  /// Makes reads and writes fail with `reason`, those that wait too. The client can still be told
  /// the outcome; if it does not take even that, its connection is closed after a while.
  void Fail(const Status& reason);

  /// The same at `deadline`, with kDeadlineExceeded, in place of an earlier one.
  void SetDeadline(Clock::time_point deadline);

  /// The same with kCancelled after a moment, for a client that has nothing more to say.
  void Hurry();

  /// Drops what the client still sends, for as long as Hurry lets it. A call that ends while its
  /// client sends makes that fail, and Arrow's own client and curl then drop the answer.
  net::Awaitable<void> DropTheRest();

  /// Called once the call has failed.
  void OnFailure(std::function<void()> on_failure) { on_failure_ = std::move(on_failure); }

 private:
  void Changed();
  net::Awaitable<Status> WaitForRoom();

  const std::shared_ptr<Connection> connection_;
  const std::shared_ptr<Stream> stream_;
  const net::Executor executor_;
  net::Signal readable_;
  net::Signal writable_;
  std::optional<net::asio::steady_timer> deadline_;
  std::function<void()> on_failure_;
};

}  // namespace arrowport::rpc
