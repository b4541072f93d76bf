#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/buffer.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "rpc/message_assembler.h"
#include "rpc/metadata.h"
#include "rpc/options.h"

namespace arrowport::rpc {

/// What a client asks for.
struct Request {
  std::string path;  ///< "/package.Service/Method"
  Headers headers;
  std::string peer;  ///< "ipv4:127.0.0.1:50000"
  std::optional<Clock::time_point> deadline;

  /// The value of the first header of that name; empty without one.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
};

/// A message to be sent, in pieces.
using Message = std::vector<std::shared_ptr<arrow::Buffer>>;

/// What of a call may be unsent when the next message is made, so that the client need not wait
/// for that.
inline constexpr int64_t kRoomBytes = 64 * kKiB;

/// A call as its session knows it. Like that, it is used by one thread at a time.
struct Stream {
  Stream(int32_t stream_id, const MessageOptions& options) : id(stream_id), assembler(options) {}

  /// kRequestTimeout when its client has kept the call waiting for too long at `now`, kCancelled
  /// when nobody waits any more; else OK.
  [[nodiscard]] Status WhyTooSlow(const Patience& patience, Clock::time_point now) const;

  /// Bytes of `unsent`.
  struct Unsent {
    std::deque<std::shared_ptr<arrow::Buffer>> buffers;
    int64_t begin = 0;  ///< Of what is left of the first.
    int64_t bytes = 0;
    int64_t promised = 0;  ///< Of a frame whose header has been made.
  };

  const int32_t id;
  Request request;

  // What its headers said besides.
  bool is_post = false;
  bool is_grpc = false;
  size_t header_bytes = 0;

  // From the client.
  MessageAssembler assembler;
  std::deque<std::shared_ptr<arrow::Buffer>> messages;
  int64_t held_bytes = 0;    ///< Received, and not given back to the client's window.
  int64_t shared_bytes = 0;  ///< Received, and counted against the share of the connection.
  bool is_admitted = false;  ///< What it receives is the business of who reads it.
  bool is_awaited = false;   ///< Somebody waits for a message.
  bool has_ended = false;    ///< The client sends no more.
  /// Since when the client is silent, while somebody waits for it to send.
  std::optional<Clock::time_point> silent_since;
  bool may_be_silent = false;  ///< Between two messages, for as long as it likes.

  // To the client.
  Headers headers;
  bool is_answered = false;  ///< The headers are on their way.
  Unsent unsent;
  /// Since when the client takes nothing, while there is something to take.
  std::optional<Clock::time_point> writing_since;
  bool is_finished = false;
  Headers trailers;
  bool is_over = false;  ///< The trailers are on their way.

  /// When it is to fail at the latest, since nobody waits for its client any more.
  std::optional<Clock::time_point> hurried_until;

  /// Why nothing more can be read or written; OK as long as that can be.
  Status failure;

  /// Called when there is a message, an end, room to write or a failure. Must not use the session.
  std::function<void()> on_change;
};

}  // namespace arrowport::rpc
