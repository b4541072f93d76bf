#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/buffer.h>

#include "base/call_control.h"
#include "base/error.h"
#include "rpc/message_assembler.h"
#include "rpc/metadata.h"

namespace arrowport::rpc {

/// What a client asks for.
struct Request {
  std::string path;  ///< "/package.Service/Method"
  Headers headers;
  std::string peer;  ///< "127.0.0.1:50000"
  std::optional<Clock::time_point> deadline;
};

/// A message to be sent, in pieces.
using Message = std::vector<std::shared_ptr<arrow::Buffer>>;

/// A call as its session knows it. Everything but `request`, which is constant once the call has
/// begun, is guarded by the mutex of the connection.
struct Stream {
  Stream(int32_t stream_id, const MessageOptions& options) : id(stream_id), assembler(options) {}

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
  bool is_awaited = false;   ///< Somebody waits for a message.
  bool has_ended = false;    ///< The client sends no more.
  bool has_message = false;  ///< There has been one.
  Clock::time_point begun_at = Clock::now();

  // To the client.
  Headers headers;
  bool is_answered = false;  ///< The headers are on their way.
  Unsent unsent;
  std::optional<Clock::time_point> writing_since;  ///< Somebody waits for the client to take it.
  bool is_finished = false;
  Headers trailers;
  bool is_over = false;  ///< The trailers are on their way.

  /// Why nothing more can be read or written; OK as long as that can be.
  Status failure;

  std::condition_variable changed;
};

}  // namespace arrowport::rpc
