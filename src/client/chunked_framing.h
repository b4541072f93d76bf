#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace arrowport::client {

/// Follows the chunked coding of a body (RFC 9112, section 7.1) without touching what is inside of
/// the chunks, so that their bytes can be read from the socket to where they are needed.
///
///     ARROW_RETURN_NOT_OK(framing.Skip(&bytes));   // takes framing off the front of `bytes`
///     … take up to framing.payload_left() bytes, first of `bytes`, then of the socket …
///     framing.TookPayload(taken);
class ChunkedFraming {
 public:
  /// Takes framing off the front of `*bytes`, up to where payload begins, the body ends, or more
  /// bytes are needed. \return kUnavailable for what is no chunked coding.
  Status Skip(std::string_view* bytes);

  /// Bytes of the chunk that come next; 0 while framing is next.
  [[nodiscard]] int64_t payload_left() const { return payload_left_; }

  void TookPayload(int64_t bytes);

  /// Whether the last chunk and what follows it were skipped.
  [[nodiscard]] bool at_end() const { return next_ == Next::kNothing; }

 private:
  enum class Next { kSizeLine, kPayload, kLineAfterPayload, kTrailerLine, kNothing };

  Status TakeLine();

  Next next_ = Next::kSizeLine;
  int64_t payload_left_ = 0;
  std::string line_;  // What there is of the line that is being read.
};

}  // namespace arrowport::client
