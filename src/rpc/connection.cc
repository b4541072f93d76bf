#include "rpc/connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <arrow/buffer.h>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "net/socket.h"
#include "observe/log.h"
#include "rpc/call.h"
#include "rpc/code.h"
#include "rpc/options.h"
#include "rpc/output.h"
#include "rpc/session.h"
#include "rpc/stream.h"

namespace arrowport::rpc {
namespace {

using boost::system::error_code;

// What is read at once, and how often before other connections have their turn.
constexpr size_t kReadBytes = 256 * kKiB;
constexpr int kReadsMax = 8;

// What is sent at once; the kernel takes up to 1,024.
constexpr size_t kPiecesMax = 128;

// How often clients are looked for that keep a call waiting.
constexpr std::chrono::milliseconds kLookInterval{250};

std::string PeerOf(const net::Socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "unknown";
  const auto address = endpoint.address();
  const std::string host = address.to_string();
  const std::string port = std::to_string(endpoint.port());
  return address.is_v6() ? "ipv6:[" + host + "]:" + port : "ipv4:" + host + ":" + port;
}

}  // namespace

Connection::Connection(net::Socket socket, const ServerOptions& options, FairShare& unread,
                       OnCall on_call, OnClose on_close)
    : socket_(std::move(socket)),
      executor_(socket_.get_executor()),
      descriptor_(socket_.native_handle()),
      on_call_(std::move(on_call)),
      on_close_(std::move(on_close)),
      patience_(options.patience),
      began_(Clock::now()),
      session_(options, PeerOf(socket_), unread),
      look_(executor_),
      sent_at_(began_) {}

void Connection::Start() {
  error_code ignored;
  (void)socket_.non_blocking(true, ignored);
  (void)socket_.set_option(net::asio::ip::tcp::no_delay(true), ignored);
  (void)socket_.set_option(net::asio::socket_base::keep_alive(true), ignored);
  FlushSoon();
  LookSoon();
  AwaitReadable();
}

void Connection::AwaitReadable() {
  socket_.async_wait(net::Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (error || !self->Receive()) return self->Close();
    self->AwaitReadable();
  });
}

// Returns whether there may be more.
bool Connection::Receive() {
  try {
    const bool goes_on = ReceiveAll();
    BeginCalls();
    return goes_on;
  } catch (const std::exception& error) {
    observe::Log(observe::LogLevel::kError, "a connection is closed over an exception",
                 {{"error", error.what()}});
    return false;
  }
}

bool Connection::ReceiveAll() {
  // Of the executor's thread: connections take turns on it.
  thread_local const auto bytes = std::make_unique<std::array<uint8_t, kReadBytes>>();
  FlushSoon();
  for (int i = 0; i < kReadsMax; ++i) {
    const ssize_t size = recv(descriptor_, bytes->data(), bytes->size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    if (size == 0) return false;
    if (has_sent_all_) continue;
    has_spoken_ = true;
    if (!session_.Receive(std::span(*bytes).first(static_cast<size_t>(size))).ok()) {
      // What the session has to say of it goes first.
      Flush();
      return false;
    }
    if (static_cast<size_t>(size) < bytes->size()) break;
  }
  return true;
}

void Connection::BeginCalls() {
  for (auto& stream : session_.TakeStarted()) {
    LookSoon();
    auto call = std::make_shared<Call>(shared_from_this(), std::move(stream));
    call->Start();
    on_call_(std::move(call));
  }
}

void Connection::FlushSoon() {
  if (std::exchange(flushes_soon_, true)) return;
  net::asio::post(executor_, [self = shared_from_this()] { self->Flush(); });
}

void Connection::Flush() {
  flushes_soon_ = false;
  while (!is_broken_) {
    if (!session_.Fill().ok()) return Break();
    if (is_blocked_) return;
    if (session_.output().empty()) break;
    if (!SendOutput()) return;
  }
  is_urgent_ = false;
  if (is_broken_ || has_sent_all_ || !session_.is_over()) return;
  // The client closes in its turn; what it has not read by then would be lost otherwise.
  has_sent_all_ = true;
  sent_at_ = Clock::now();
  LookSoon();
  (void)shutdown(descriptor_, SHUT_WR);
}

// Returns whether the socket may take more.
bool Connection::SendOutput() {
  std::array<iovec, kPiecesMax> pieces;
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = session_.output().Gather(pieces);
  const ssize_t sent = sendmsg(descriptor_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) {
    session_.output().Drop(static_cast<size_t>(sent));
    return true;
  }
  if (errno == EINTR) return true;
  if (errno == EAGAIN) {
    is_blocked_ = true;
    sent_at_ = Clock::now();
    LookSoon();
    AwaitWritable();
  } else {
    Break();
  }
  return false;
}

void Connection::AwaitWritable() {
  socket_.async_wait(net::Socket::wait_write, [self = shared_from_this()](const error_code& error) {
    if (error) return;
    self->is_blocked_ = false;
    self->Flush();
  });
}

// The reading side notices, and closes.
void Connection::Break() {
  is_broken_ = true;
  session_.FailAll(MakeError(ErrorKind::kCancelled, "the client is gone"));
  (void)shutdown(descriptor_, SHUT_RDWR);
}

void Connection::Close() {
  if (!is_broken_) Break();
  error_code ignored;
  (void)socket_.close(ignored);
  look_.cancel();
  on_close_(this);
}

void Connection::LookSoon() {
  if (looks_ || !socket_.is_open()) return;
  looks_ = true;
  look_.expires_after(kLookInterval);
  look_.async_wait([self = shared_from_this()](const error_code& error) {
    self->looks_ = false;
    if (!error) self->LookForTheIdle();
  });
}

void Connection::LookForTheIdle() {
  const Clock::time_point now = Clock::now();
  const bool is_silent = !has_spoken_ && now - began_ > patience_.greeting;
  const auto patience = is_urgent_ || has_sent_all_ ? patience_.end : patience_.taking;
  const bool waits = is_blocked_ || has_sent_all_;
  const bool is_stuck = waits && now - sent_at_ > patience;
  if (!is_broken_ && (is_silent || is_stuck)) return Break();
  session_.FailIdle(now);
  FlushSoon();
  if (!is_broken_ && (!has_spoken_ || waits || session_.has_calls())) LookSoon();
}

void Connection::GoAway() {
  net::asio::dispatch(executor_, [self = shared_from_this()] {
    self->session_.GoAway();
    self->FlushSoon();
  });
}

void Connection::FailAll(const Status& reason) {
  net::asio::dispatch(executor_, [self = shared_from_this(), reason] {
    self->is_urgent_ = true;
    self->session_.FailAll(reason);
    self->FlushSoon();
    self->LookSoon();
  });
}

void Connection::Cut() {
  net::asio::dispatch(executor_, [self = shared_from_this()] {
    if (!self->is_broken_) self->Break();
  });
}

void Connection::Await(Stream& stream) {
  session_.Await(stream);
  FlushSoon();
}

std::shared_ptr<arrow::Buffer> Connection::TakeMessage(Stream& stream) {
  return session_.TakeMessage(stream);
}

void Connection::Admit(Stream& stream) {
  session_.Admit(stream);
  FlushSoon();
}

void Connection::Send(Stream& stream, const Message& message) {
  session_.Send(stream, message);
  FlushSoon();
}

void Connection::Finish(Stream& stream, const Outcome& outcome) {
  if (stream.is_finished) return;
  session_.Finish(stream, outcome);
  FlushSoon();
}

void Connection::Fail(Stream& stream, const Status& reason) {
  is_urgent_ = true;
  session_.Fail(stream, reason);
  FlushSoon();
  LookSoon();
}

void Connection::Hurry(Stream& stream) {
  if (!stream.hurried_until) stream.hurried_until = Clock::now() + patience_.end;
  LookSoon();
}

}  // namespace arrowport::rpc
