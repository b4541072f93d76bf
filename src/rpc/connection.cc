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
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
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

// What is kept of messages that more may follow at once.
constexpr int64_t kKeptBytesMax = 16 * kKiB;

// How long a client may take to take the end of a call, and to close after the server has.
constexpr std::chrono::milliseconds kTimeToTakeAnEnd{1'000};

std::string PeerOf(const net::Socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "unknown";
  const auto address = endpoint.address();
  const std::string host = address.to_string();
  const std::string port = std::to_string(endpoint.port());
  return address.is_v6() ? "ipv6:[" + host + "]:" + port : "ipv4:" + host + ":" + port;
}

Status Gone() { return MakeError(ErrorKind::kCancelled, "the client is gone"); }

Status DeadlinePassed() {
  return MakeError(ErrorKind::kDeadlineExceeded, "the client's deadline passed");
}

bool DeadlineHasPassed(const Stream& stream) {
  return stream.request.deadline && Clock::now() >= *stream.request.deadline;
}

}  // namespace

Connection::Connection(net::Socket socket, const ServerOptions& options, OnCall on_call,
                       OnClose on_close)
    : socket_(std::move(socket)),
      descriptor_(socket_.native_handle()),
      on_call_(std::move(on_call)),
      on_close_(std::move(on_close)),
      greeting_max_(options.greeting_max),
      first_message_max_(options.first_message_max),
      send_idle_max_(options.send_idle_max),
      began_(Clock::now()),
      session_(options.messages, options.client_calls_max, PeerOf(socket_)),
      sent_at_(began_) {}

void Connection::Start() {
  error_code ignored;
  (void)socket_.non_blocking(true, ignored);
  (void)socket_.set_option(net::asio::ip::tcp::no_delay(true), ignored);
  (void)socket_.set_option(net::asio::socket_base::keep_alive(true), ignored);
  {
    const std::lock_guard lock(mutex_);
    FlushLocked();
  }
  AwaitReadable();
}

void Connection::AwaitReadable() {
  socket_.async_wait(net::Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error) self->OnReadable();
  });
}

void Connection::OnReadable() {
  bool goes_on = false;
  try {
    goes_on = Receive();
  } catch (const std::exception& error) {
    // No memory, or no thread for a call.
    observe::Log(observe::LogLevel::kError, "a connection is closed over an exception",
                 {{"error", error.what()}});
  }
  if (!goes_on) return Close();
  AwaitReadable();
}

// Returns whether there may be more.
bool Connection::Receive() {
  bool goes_on = false;
  std::vector<std::shared_ptr<Stream>> started;
  {
    const std::lock_guard lock(mutex_);
    goes_on = ReceiveLocked();
    FlushLocked();
    started = session_.TakeStarted();
  }
  for (auto& stream : started) {
    on_call_(std::make_shared<Call>(shared_from_this(), std::move(stream)));
  }
  return goes_on;
}

bool Connection::ReceiveLocked() {
  // Of the executor's thread: connections take turns on it.
  thread_local const auto bytes = std::make_unique<std::array<uint8_t, kReadBytes>>();
  for (int i = 0; i < kReadsMax; ++i) {
    const ssize_t size = recv(descriptor_, bytes->data(), bytes->size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    if (size == 0) return false;
    if (has_sent_all_) continue;
    has_spoken_ = true;
    if (!session_.Receive(std::span(*bytes).first(static_cast<size_t>(size))).ok()) {
      // What the session has to say of it goes first.
      FlushLocked();
      return false;
    }
    if (static_cast<size_t>(size) < bytes->size()) break;
  }
  return true;
}

void Connection::FlushLocked() {
  while (!is_broken_) {
    if (!session_.Fill().ok()) return BreakLocked();
    if (is_blocked_) return;
    if (session_.output().empty()) break;
    if (!SendLocked()) return;
  }
  is_urgent_ = false;
  if (is_broken_ || has_sent_all_ || !session_.is_over()) return;
  // The client closes in its turn; what it has not read by then would be lost otherwise.
  has_sent_all_ = true;
  sent_at_ = Clock::now();
  (void)shutdown(descriptor_, SHUT_WR);
}

// Returns whether the socket may take more.
bool Connection::SendLocked() {
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
    net::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->AwaitWritable(); });
  } else {
    BreakLocked();
  }
  return false;
}

void Connection::AwaitWritable() {
  socket_.async_wait(net::Socket::wait_write, [self = shared_from_this()](const error_code& error) {
    if (!error) self->OnWritable();
  });
}

void Connection::OnWritable() {
  const std::lock_guard lock(mutex_);
  is_blocked_ = false;
  FlushLocked();
}

// The reading side notices, and closes.
void Connection::BreakLocked() {
  is_broken_ = true;
  session_.FailAll(Gone());
  (void)shutdown(descriptor_, SHUT_RDWR);
}

void Connection::Close() {
  {
    const std::lock_guard lock(mutex_);
    is_broken_ = true;
    session_.FailAll(Gone());
  }
  error_code ignored;
  (void)socket_.close(ignored);
  on_close_(this);
}

void Connection::Sweep(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const bool is_silent = !has_spoken_ && now - began_ > greeting_max_;
  const auto patience = is_urgent_ || has_sent_all_ ? kTimeToTakeAnEnd : send_idle_max_;
  const bool is_stuck = (is_blocked_ || has_sent_all_) && now - sent_at_ > patience;
  if (!is_broken_ && (is_silent || is_stuck)) BreakLocked();
  session_.FailIdle(now - first_message_max_, now - send_idle_max_);
}

void Connection::GoAway() {
  const std::lock_guard lock(mutex_);
  session_.GoAway();
  FlushLocked();
}

void Connection::InterruptAll(const Status& reason) {
  const std::lock_guard lock(mutex_);
  is_urgent_ = true;
  session_.FailAll(reason);
}

void Connection::Cut() {
  const std::lock_guard lock(mutex_);
  if (!is_broken_) BreakLocked();
}

void Connection::WaitLocked(std::unique_lock<std::mutex>& lock, Stream& stream) {
  if (!stream.request.deadline) return stream.changed.wait(lock);
  (void)stream.changed.wait_until(lock, *stream.request.deadline);
  if (DeadlineHasPassed(stream)) Session::Fail(stream, DeadlinePassed());
}

Result<std::shared_ptr<arrow::Buffer>> Connection::Read(Stream& stream) {
  std::unique_lock lock(mutex_);
  while (stream.failure.ok() && stream.messages.empty()) {
    if (stream.has_ended) return nullptr;
    session_.Await(stream);
    FlushLocked();
    WaitLocked(lock, stream);
  }
  stream.is_awaited = false;
  if (stream.messages.empty()) return stream.failure;
  auto message = std::move(stream.messages.front());
  stream.messages.pop_front();
  return message;
}

void Connection::AddHeader(Stream& stream, Header header) {
  const std::lock_guard lock(mutex_);
  stream.headers.push_back(std::move(header));
}

bool Connection::Write(Stream& stream, const Message& message) {
  std::unique_lock lock(mutex_);
  if (!stream.failure.ok()) return false;
  session_.Send(stream, message);
  return SendAllLocked(lock, stream);
}

bool Connection::WriteMore(Stream& stream, const Message& message) {
  std::unique_lock lock(mutex_);
  if (!stream.failure.ok()) return false;
  session_.Send(stream, message);
  return stream.unsent.bytes <= kKeptBytesMax || SendAllLocked(lock, stream);
}

void Connection::Flush() {
  const std::lock_guard lock(mutex_);
  FlushLocked();
}

bool Connection::SendAllLocked(std::unique_lock<std::mutex>& lock, Stream& stream) {
  FlushLocked();
  stream.writing_since = Clock::now();
  while (stream.failure.ok() && stream.unsent.bytes > 0) WaitLocked(lock, stream);
  stream.writing_since.reset();
  return stream.failure.ok();
}

void Connection::Finish(Stream& stream, const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  if (stream.is_finished) return;
  session_.Finish(stream, outcome);
  FlushLocked();
}

Status Connection::FailureOf(const Stream& stream) const {
  const std::lock_guard lock(mutex_);
  if (stream.failure.ok() && DeadlineHasPassed(stream)) return DeadlinePassed();
  return stream.failure;
}

void Connection::Interrupt(Stream& stream) {
  const std::lock_guard lock(mutex_);
  is_urgent_ = true;
  Session::Fail(stream, MakeError(ErrorKind::kCancelled, "the call was interrupted"));
}

}  // namespace arrowport::rpc
