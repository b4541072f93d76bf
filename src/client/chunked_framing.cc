#include "client/chunked_framing.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.h"

namespace arrowport::client {
namespace {

// Of a size line or a trailer field; ours are a dozen bytes.
constexpr size_t kLineBytesMax = 4096;

Status Broken(std::string_view what) {
  return MakeError(ErrorKind::kUnavailable,
                   "the answer is broken: its chunked coding has " + std::string(what));
}

}  // namespace

Status ChunkedFraming::Skip(std::string_view* bytes) {
  while (next_ != Next::kPayload && next_ != Next::kNothing && !bytes->empty()) {
    const size_t line_end = bytes->find('\n');
    line_ += bytes->substr(0, line_end);
    if (line_.size() > kLineBytesMax) return Broken("a line that is too long");
    if (line_end == std::string_view::npos) {
      *bytes = {};
      return Status::OK();
    }
    bytes->remove_prefix(line_end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    ARROW_RETURN_NOT_OK(TakeLine());
    line_.clear();
  }
  return Status::OK();
}

Status ChunkedFraming::TakeLine() {
  switch (next_) {
    case Next::kSizeLine: {
      const char* end = line_.data() + line_.size();
      const auto [read, error] = std::from_chars(line_.data(), end, payload_left_, 16);
      const bool ended = read == end || *read == ';' || *read == ' ' || *read == '\t';
      if (error != std::errc() || !ended || payload_left_ < 0)
        return Broken("a chunk without size");
      next_ = payload_left_ > 0 ? Next::kPayload : Next::kTrailerLine;
      return Status::OK();
    }
    case Next::kLineAfterPayload:
      if (!line_.empty()) return Broken("a chunk that is longer than its size");
      next_ = Next::kSizeLine;
      return Status::OK();
    case Next::kTrailerLine:
      if (line_.empty()) next_ = Next::kNothing;
      return Status::OK();
    case Next::kPayload:
    case Next::kNothing:
      break;
  }
  return Status::OK();
}

void ChunkedFraming::TookPayload(int64_t bytes) {
  payload_left_ -= bytes;
  if (payload_left_ == 0) next_ = Next::kLineAfterPayload;
}

}  // namespace arrowport::client
