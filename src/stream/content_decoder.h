#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/error.h"

namespace arrowport::stream {

/// What a body was put into as a whole: the `Content-Encoding` of HTTP.
enum class ContentCoding { kIdentity, kGzip, kZstd, kLz4 };

/// "identity", "gzip", "zstd", "lz4".
std::string_view NameOf(ContentCoding coding);

/// Undoes a content coding as the bytes arrive: gzip with several members, zstd and LZ4 frames one
/// after another. One thread at a time.
class ContentDecoder {
 public:
  /// `coding` is not kIdentity.
  static Result<std::unique_ptr<ContentDecoder>> Make(ContentCoding coding);

  virtual ~ContentDecoder() = default;

  struct Step {
    size_t bytes_read = 0;
    size_t bytes_written = 0;
  };

  /// Decodes from the front of `input`, which may be empty, into the front of `output`, which is
  /// not. A step that fills `output` may have more to give, also without input.
  /// \return kInvalidInput, with the place, for what is not of the coding; kTooLarge for more
  /// frames or members than limits::kFramesFree and one for each limits::kFrameBytesMin.
  virtual Result<Step> Decode(std::span<const uint8_t> input, std::span<uint8_t> output) = 0;

  /// To be called when there is no more input: kInvalidInput when it was cut short.
  [[nodiscard]] virtual Status Finish() const = 0;
};

}  // namespace arrowport::stream
