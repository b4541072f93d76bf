#include "http/body_bytes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/upload_limits.h"
#include "http/exchange.h"
#include "http/socket.h"
#include "stream/content_decoder.h"

namespace arrowport::http {
namespace {

using stream::ContentDecoder;

constexpr size_t kPackedBytes = size_t{64} * 1024;

// Unpacked at once, which takes about a millisecond at most.
constexpr size_t kStepBytes = size_t{256} * 1024;

// So many bytes take longer to unpack than another thread to wake.
constexpr size_t kAsideBytes = size_t{4} * 1024;

}  // namespace

Awaitable<Result<size_t>> BodyBytes::Unpack(std::span<uint8_t> space) {
  if (decoder_ == nullptr) {
    auto made = ContentDecoder::Make(coding_);
    if (!made.ok()) co_return made.status();
    decoder_ = *std::move(made);
    packed_.resize(kPackedBytes);
  }
  for (;;) {
    if (!rest_.empty() || has_more_) {
      const Result<size_t> bytes = co_await UnpackSome(space);
      if (!bytes.ok() || *bytes > 0) co_return bytes;
      if (!rest_.empty()) continue;
    }
    if (at_end_) {
      const Status whole = decoder_->Finish();
      if (!whole.ok()) co_return whole;
      co_return size_t{0};
    }
    const Status refilled = co_await Refill();
    if (!refilled.ok()) co_return refilled;
  }
}

Awaitable<Result<size_t>> BodyBytes::UnpackSome(std::span<uint8_t> space) {
  space = space.first(std::min(space.size(), kStepBytes));
  Result<ContentDecoder::Step> step = ContentDecoder::Step();
  const auto decode = [this, space] { return decoder_->Decode(rest_, space); };
  if (std::min(rest_.size(), space.size()) < kAsideBytes) {
    step = decode();
  } else {
    step = co_await exchange_.Aside(decode);
  }
  if (!step.ok()) co_return step.status();
  rest_ = rest_.subspan(step->bytes_read);
  has_more_ = step->bytes_written == space.size();
  bytes_unpacked_ += static_cast<int64_t>(step->bytes_written);
  const Status bounded = CheckSize();
  if (!bounded.ok()) co_return bounded;
  co_return step->bytes_written;
}

Awaitable<Status> BodyBytes::Refill() {
  const Result<size_t> bytes = co_await exchange_.body().ReadSome(packed_);
  if (!bytes.ok()) co_return bytes.status();
  rest_ = std::span<const uint8_t>(packed_).first(*bytes);
  at_end_ = *bytes == 0;
  co_return Status::OK();
}

Status BodyBytes::CheckSize() const {
  const HttpOptions& options = exchange_.options();
  if (options.body_bytes_max > 0 && bytes_unpacked_ > options.body_bytes_max) {
    return MakeError(ErrorKind::kTooLarge, "the body unpacks to more than " +
                                               std::to_string(options.body_bytes_max) +
                                               " bytes (body_bytes_max)");
  }
  if (options.unpacked_ratio_max == 0 || bytes_unpacked_ <= limits::kUnpackedBytesFree) {
    return Status::OK();
  }
  const int64_t packed = std::max<int64_t>(exchange_.body().bytes_read(), 1);
  if (bytes_unpacked_ / packed < options.unpacked_ratio_max) return Status::OK();
  return MakeError(ErrorKind::kTooLarge, "the body unpacks to more than " +
                                             std::to_string(options.unpacked_ratio_max) +
                                             " times its size (unpacked_ratio_max)");
}

}  // namespace arrowport::http
