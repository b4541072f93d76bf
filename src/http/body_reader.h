#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/request.h"
#include "http/transport.h"

namespace arrowport::http {

/// The body of one request, read as it arrives.
///
/// A client that waits to be told (`Expect: 100-continue`) is told by the first read, so that a
/// request which is refused by its head never sends its body.
class BodyReader {
 public:
  /// All three are kept by reference. `parser` has read the head.
  BodyReader(Transport& transport, RequestParser& parser, const Request& request,
             Transport::Duration idle_timeout);

  /// Refuses a body of more than `bytes` (0: takes any): at once with kTooLarge when its length is
  /// announced, and otherwise when that many were read. `option` is named in the message.
  Status LimitTo(int64_t bytes, std::string_view option);

  /// Receives up to `space.size()` bytes, straight into `space` where the body has a length.
  /// \return bytes, 0 at the end; kInvalidInput for a chunk that makes no sense, kTooLarge,
  /// kRequestTimeout, kCancelled when the client went away before the end.
  Awaitable<Result<size_t>> ReadSome(std::span<uint8_t> space);

  /// As ReadSome, but only what has been received already, and of a body with a length: 0 says that
  /// ReadSome has to be asked. Costs no more than the copy.
  Result<size_t> TakeReceived(std::span<uint8_t> space);

  /// The rest of the body. Only behind LimitTo.
  Awaitable<Result<std::string>> ReadAll();

  /// Calls `on_bytes` with all that is read from now on, as it came.
  void Watch(std::function<void(std::span<const uint8_t>)> on_bytes) {
    on_bytes_ = std::move(on_bytes);
  }

  /// Takes the rest of the body if all of it has arrived already.
  void DiscardReceived();

  [[nodiscard]] bool at_end() const { return chunked_ ? parser_.is_done() : length_left_ == 0; }

  /// Bytes of the body that were read so far, without what framing takes.
  [[nodiscard]] int64_t bytes_read() const { return bytes_read_; }

 private:
  Awaitable<Status> SayContinue();
  Awaitable<Result<size_t>> ReadPlain(std::span<uint8_t> space);
  Awaitable<Result<size_t>> ReadChunked(std::span<uint8_t> space);
  size_t CopyReceived(std::span<uint8_t> space);
  Result<size_t> Account(std::span<const uint8_t> bytes);
  [[nodiscard]] Status TooLarge() const;
  [[nodiscard]] Status ClientLeft() const;

  Transport& transport_;
  RequestParser& parser_;
  const Transport::Duration idle_timeout_;
  const bool chunked_;
  bool continue_due_;
  uint64_t length_left_ = 0;  // Of a body with a length.
  int64_t bytes_read_ = 0;
  int64_t bytes_max_ = 0;
  std::string limit_name_;
  std::function<void(std::span<const uint8_t>)> on_bytes_;
};

}  // namespace arrowport::http
