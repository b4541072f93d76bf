#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "http/socket.h"

namespace arrowport::http {

/// A peer's bytes, with a clock on every wait and a word to end one.
///
/// Everything runs on the socket's executor, and one coroutine at a time reads and one writes; both
/// may at once. A timeout or an interrupt ends the wait, not the connection: an answer can still be
/// written.
class Transport : public std::enable_shared_from_this<Transport> {
 public:
  using Duration = std::chrono::milliseconds;

  Transport(Socket socket, size_t unread_bytes_max);

  [[nodiscard]] Executor executor() { return socket_.get_executor(); }

  /// Bytes that were received and belong to nobody yet: the rest of what a read brought.
  [[nodiscard]] boost::beast::flat_buffer& unread() { return unread_; }

  /// Receives what is there into `space`, and what does not fit there into `spill`, which may be
  /// empty. \return bytes, 0 when the peer has ended its side; kRequestTimeout when nothing came
  /// for `timeout`; kCancelled when the connection broke; the reason of an interrupt.
  Awaitable<Result<size_t>> ReadSome(asio::mutable_buffer space, asio::mutable_buffer spill,
                                     Duration timeout);

  /// Receives up to `bytes_max` to the end of `unread`. As ReadSome; kTooLarge when it is full.
  Awaitable<Result<size_t>> ReadMore(size_t bytes_max, Duration timeout);

  /// Sends all of `pieces`, which are consumed. kRequestTimeout when the peer did not take them
  /// within `timeout`, kCancelled when the connection broke; the reason of an interrupt.
  Awaitable<Status> Write(std::span<asio::const_buffer> pieces, Duration timeout);

  /// Calls `on_gone` once when the peer ends its side or the connection breaks. Until StopWatching
  /// nobody may read; what a peer sends ahead is kept in `unread`, and a peer that sends more than
  /// fits there is watched no further.
  void WatchPeer(std::function<void()> on_gone);
  void StopWatching();

  /// Ends the wait that is under way, and refuses new ones with `reason` until Resume.
  void Interrupt(const Status& reason);
  void Resume() { interrupted_ = Status::OK(); }
  [[nodiscard]] const Status& interrupted() const { return interrupted_; }

  /// Whether bytes that move in one direction show that the peer is there, so that the clock of the
  /// other one starts again.
  void ShareClocks(bool shared) { shares_clocks_ = shared; }

  /// Says that nothing more will be sent.
  void EndSending();

  /// Closes so that the peer cannot take what it got for the whole: with a reset.
  void Reset();

  void Close();

 private:
  /// The wait of one direction, if one is under way.
  struct Wait {
    Duration timeout{};
    Clock::time_point due = Clock::time_point::max();
    bool expired = false;
  };

  void Arm(Wait& wait, Duration timeout, Clock::time_point due);
  void HasMoved();
  [[nodiscard]] Clock::time_point NextDue() const;
  void WaitForAlarm();
  void OnAlarm();
  void WaitForPeer();
  void OnReadable(uint64_t watch);

  Socket socket_;
  boost::beast::flat_buffer unread_;
  Status interrupted_;

  // One timer for all waits: it is left to run and, when it rings, set to what is due by then.
  asio::steady_timer alarm_;
  Clock::time_point alarm_at_ = Clock::time_point::max();
  Wait reading_;
  Wait writing_;
  bool shares_clocks_ = false;

  std::function<void()> on_gone_;
  uint64_t watch_ = 0;  // Tells the events of this watch from those of earlier ones.
};

}  // namespace arrowport::http
