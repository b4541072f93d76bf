#include "http/transport.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "http/socket.h"

namespace arrowport::http {
namespace {

// Asio hands at most this many pieces to one call of the kernel.
constexpr size_t kPiecesMax = 64;

// Received at once while a peer that sends ahead is watched.
constexpr size_t kAheadBytes = 4096;

Status Broken(const boost::system::error_code& error) {
  return MakeError(ErrorKind::kCancelled, "the connection broke: " + error.message());
}

}  // namespace

Transport::Transport(Socket socket, size_t unread_bytes_max)
    : socket_(std::move(socket)), unread_(unread_bytes_max), alarm_(socket_.get_executor()) {
  boost::system::error_code ignored;
  // Answers go out when they are written; they are gathered before.
  (void)socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  (void)socket_.non_blocking(true, ignored);
}

Awaitable<Result<size_t>> Transport::ReadSome(asio::mutable_buffer space,
                                              asio::mutable_buffer spill, Duration timeout) {
  for (;;) {
    if (!interrupted_.ok()) co_return interrupted_;
    Arm(reading_, timeout, Clock::now() + timeout);
    const std::array<asio::mutable_buffer, 2> buffers{space, spill};
    const auto [error, bytes] = co_await socket_.async_read_some(buffers, kAsTuple);
    reading_.due = Clock::time_point::max();
    if (bytes > 0) {
      HasMoved();
      co_return bytes;
    }
    if (!interrupted_.ok()) co_return interrupted_;
    if (std::exchange(reading_.expired, false)) {
      co_return MakeError(ErrorKind::kRequestTimeout,
                          "nothing came for " + std::to_string(timeout.count()) + " ms");
    }
    if (error == asio::error::eof) co_return size_t{0};
    // The end of the other direction's wait has ended this one, too.
    if (error != asio::error::operation_aborted) co_return Broken(error);
  }
}

Awaitable<Result<size_t>> Transport::ReadMore(size_t bytes_max, Duration timeout) {
  const size_t room = std::min(bytes_max, unread_.max_size() - unread_.size());
  if (room == 0) {
    co_return MakeError(ErrorKind::kTooLarge,
                        "more than " + std::to_string(unread_.max_size()) + " bytes without end");
  }
  const asio::mutable_buffer space = unread_.prepare(room);
  Result<size_t> bytes = co_await ReadSome(space, asio::mutable_buffer(), timeout);
  if (bytes.ok()) unread_.commit(*bytes);
  co_return bytes;
}

Awaitable<Status> Transport::Write(std::span<asio::const_buffer> pieces, Duration timeout) {
  Clock::time_point due = Clock::now() + timeout;
  while (!pieces.empty()) {
    if (!interrupted_.ok()) co_return interrupted_;
    Arm(writing_, timeout, due);
    const auto batch = pieces.first(std::min(pieces.size(), kPiecesMax));
    const auto [error, bytes] = co_await socket_.async_write_some(batch, kAsTuple);
    // The other direction may have put it off.
    due = std::max(due, std::exchange(writing_.due, Clock::time_point::max()));
    if (error) {
      if (!interrupted_.ok()) co_return interrupted_;
      if (std::exchange(writing_.expired, false)) {
        co_return MakeError(
            ErrorKind::kRequestTimeout,
            "the answer was ended because its client did not take the next part of it within " +
                std::to_string(timeout.count()) + " ms (read_idle_timeout)");
      }
      if (error == asio::error::operation_aborted) continue;
      co_return Broken(error);
    }
    HasMoved();
    size_t sent = bytes;
    while (!pieces.empty() && sent >= pieces.front().size()) {
      sent -= pieces.front().size();
      pieces = pieces.subspan(1);
    }
    if (!pieces.empty()) pieces.front() += sent;
  }
  co_return Status::OK();
}

void Transport::WatchPeer(std::function<void()> on_gone) {
  on_gone_ = std::move(on_gone);
  ++watch_;
  WaitForPeer();
}

void Transport::StopWatching() {
  if (on_gone_ == nullptr) return;
  on_gone_ = nullptr;
  ++watch_;
  boost::system::error_code ignored;
  (void)socket_.cancel(ignored);
}

void Transport::WaitForPeer() {
  socket_.async_wait(Socket::wait_read, [weak = weak_from_this(),
                                         watch = watch_](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self != nullptr && !error) self->OnReadable(watch);
  });
}

void Transport::OnReadable(uint64_t watch) {
  if (watch != watch_ || on_gone_ == nullptr) return;
  const size_t room = std::min(kAheadBytes, unread_.max_size() - unread_.size());
  if (room == 0) return;
  boost::system::error_code error;
  const size_t bytes = socket_.read_some(unread_.prepare(room), error);
  unread_.commit(bytes);
  if (!error || error == asio::error::would_block) return WaitForPeer();
  std::exchange(on_gone_, nullptr)();
}

void Transport::Interrupt(const Status& reason) {
  if (!interrupted_.ok()) return;
  interrupted_ = reason;
  // This ends a watch as well: whoever interrupts has given up on what the watch was for.
  boost::system::error_code ignored;
  (void)socket_.cancel(ignored);
}

void Transport::Arm(Wait& wait, Duration timeout, Clock::time_point due) {
  wait = {.timeout = timeout, .due = due};
  if (due < alarm_at_) WaitForAlarm();
}

void Transport::HasMoved() {
  if (!shares_clocks_) return;
  for (Wait* const wait : {&reading_, &writing_}) {
    if (wait->due != Clock::time_point::max()) wait->due = Clock::now() + wait->timeout;
  }
}

Clock::time_point Transport::NextDue() const { return std::min(reading_.due, writing_.due); }

void Transport::WaitForAlarm() {
  alarm_at_ = NextDue();
  alarm_.expires_at(alarm_at_);
  alarm_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self != nullptr && !error) self->OnAlarm();
  });
}

void Transport::OnAlarm() {
  alarm_at_ = Clock::time_point::max();
  const Clock::time_point now = Clock::now();
  if (NextDue() <= now) {
    for (Wait* const wait : {&reading_, &writing_}) {
      if (wait->due > now) continue;
      *wait = {.timeout = wait->timeout, .expired = true};
    }
    boost::system::error_code ignored;
    (void)socket_.cancel(ignored);
  }
  if (NextDue() != Clock::time_point::max()) WaitForAlarm();
}

void Transport::EndSending() {
  boost::system::error_code ignored;
  (void)socket_.shutdown(Socket::shutdown_send, ignored);
}

void Transport::Reset() {
  boost::system::error_code ignored;
  (void)socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  Close();
}

void Transport::Close() {
  on_gone_ = nullptr;
  ++watch_;
  alarm_.cancel();
  boost::system::error_code ignored;
  (void)socket_.close(ignored);
}

}  // namespace arrowport::http
