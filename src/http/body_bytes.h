#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "http/exchange.h"
#include "http/socket.h"
#include "stream/content_decoder.h"

namespace arrowport::http {

/// The bytes of a request's body without their content coding, as they arrive. What they unpack to
/// is bounded: by the limit that the body itself has, and by `unpacked_ratio_max`.
class BodyBytes {
 public:
  /// `exchange` is kept by reference.
  BodyBytes(Exchange& exchange, stream::ContentCoding coding)
      : exchange_(exchange), coding_(coding) {}

  /// Fills the front of `space`, which is not empty.
  /// \return bytes, 0 at the end; the errors of BodyReader::ReadSome, kInvalidInput for what is not
  /// of the coding or is cut short, kTooLarge.
  Awaitable<Result<size_t>> ReadSome(std::span<uint8_t> space) {
    // A body that is not coded costs nothing here.
    return is_coded() ? Unpack(space) : exchange_.body().ReadSome(space);
  }

  /// As ReadSome, but only what is there without waiting or unpacking; 0 says that ReadSome has to
  /// be asked.
  Result<size_t> TakeReceived(std::span<uint8_t> space) {
    return is_coded() ? size_t{0} : exchange_.body().TakeReceived(space);
  }

  [[nodiscard]] bool is_coded() const { return coding_ != stream::ContentCoding::kIdentity; }

 private:
  Awaitable<Result<size_t>> Unpack(std::span<uint8_t> space);
  Awaitable<Result<size_t>> UnpackSome(std::span<uint8_t> space);
  Awaitable<Status> Refill();
  [[nodiscard]] Status CheckSize() const;

  Exchange& exchange_;
  const stream::ContentCoding coding_;
  std::unique_ptr<stream::ContentDecoder> decoder_;  // Made by the first read.
  std::vector<uint8_t> packed_;
  std::span<const uint8_t> rest_;  // Of packed_.
  bool has_more_ = false;          // The decoder may, without more input.
  bool at_end_ = false;
  int64_t bytes_unpacked_ = 0;
};

}  // namespace arrowport::http
