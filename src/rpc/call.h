#pragma once

#include <memory>
#include <utility>

#include <arrow/buffer.h>

#include "base/error.h"
#include "rpc/code.h"
#include "rpc/metadata.h"
#include "rpc/stream.h"

namespace arrowport::rpc {

class Connection;

/// One call of a client. One thread may read, another write; the rest may be called by any.
class Call {
 public:
  Call(std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream)
      : connection_(std::move(connection)), stream_(std::move(stream)) {}
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  [[nodiscard]] const Request& request() const { return stream_->request; }

  /// Waits for the client's next message; null once it has sent all.
  /// \return kTooLarge, kInvalidInput or kNotImplemented for a message that cannot be taken,
  ///     kDeadlineExceeded, and kCancelled when the client is gone or the call was interrupted.
  Result<std::shared_ptr<arrow::Buffer>> Read();

  /// Adds to the headers that go out with the first message, or the end.
  void AddHeader(Header header);

  /// Waits until the message has begun to go out, and all before it are gone. \return whether the
  /// client can still have it.
  bool Write(const Message& message);

  /// The same for a message that more may follow at once: a little is kept until that is written,
  /// the call is finished or Flush is called, so that it goes out together.
  bool WriteMore(const Message& message);

  /// Sends what WriteMore has kept.
  void Flush();

  /// Ends the call with what the client is told. Nothing may be read or written after it. A call
  /// that is destroyed without it ends with kUnknown.
  void Finish(const Outcome& outcome);

  /// Why nothing more can be read or written, as Read says it; OK when it can.
  [[nodiscard]] Status failure() const;

  /// Makes reads and writes end with kCancelled, those that wait too. The client can still be told
  /// the outcome; if it does not take even that, its connection is closed after a while.
  void Interrupt();

 private:
  const std::shared_ptr<Connection> connection_;
  const std::shared_ptr<Stream> stream_;
};

}  // namespace arrowport::rpc
