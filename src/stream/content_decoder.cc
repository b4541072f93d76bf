#include "stream/content_decoder.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/util/compression.h>

#include "base/error.h"
#include "base/upload_limits.h"
#include "stream/decode_failure.h"

namespace arrowport::stream {
namespace {

arrow::Compression::type CodecOf(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kGzip:
      return arrow::Compression::GZIP;
    case ContentCoding::kZstd:
      return arrow::Compression::ZSTD;
    case ContentCoding::kLz4:
      return arrow::Compression::LZ4_FRAME;
    case ContentCoding::kIdentity:
      break;
  }
  return arrow::Compression::UNCOMPRESSED;
}

class FrameDecoder final : public ContentDecoder {
 public:
  FrameDecoder(ContentCoding coding, std::shared_ptr<arrow::util::Decompressor> decompressor)
      : coding_(coding), decompressor_(std::move(decompressor)) {}

  Result<Step> Decode(std::span<const uint8_t> input, std::span<uint8_t> output) override {
    Step all;
    do {
      const auto step =
          DecodeSome(input.subspan(all.bytes_read), output.subspan(all.bytes_written));
      if (!step.ok()) return Located(step.status());
      bytes_read_ += static_cast<int64_t>(step->bytes_read);
      all.bytes_read += step->bytes_read;
      all.bytes_written += step->bytes_written;
      ARROW_RETURN_NOT_OK(CheckFrames());
      // Frames may be small or empty, and to come back for each of them costs more than it holds.
    } while (between_frames_ && all.bytes_read < input.size() && all.bytes_written < output.size());
    return all;
  }

  [[nodiscard]] Status Finish() const override {
    if (between_frames_) return Status::OK();
    return Located(MakeError(ErrorKind::kInvalidInput, "the body ends too early"));
  }

 private:
  Result<Step> DecodeSome(std::span<const uint8_t> input, std::span<uint8_t> output) {
    if (between_frames_) {
      if (input.empty()) return Step();
      if (frames_ > 0) ARROW_RETURN_NOT_OK(decompressor_->Reset());
      between_frames_ = false;
    }
    // Decompressors look at the address even where there is nothing.
    static constexpr uint8_t kNothing = 0;
    const uint8_t* const from = input.empty() ? &kNothing : input.data();
    ARROW_ASSIGN_OR_RAISE(const auto done, decompressor_->Decompress(
                                               static_cast<int64_t>(input.size()), from,
                                               static_cast<int64_t>(output.size()), output.data()));
    between_frames_ = decompressor_->IsFinished();
    if (between_frames_) ++frames_;
    const Step step = {.bytes_read = static_cast<size_t>(done.bytes_read),
                       .bytes_written = static_cast<size_t>(done.bytes_written)};
    const bool stuck = step.bytes_read == 0 && step.bytes_written == 0 && !between_frames_;
    if (!stuck || input.empty()) return step;
    return MakeError(ErrorKind::kInvalidInput, "the coding goes on in no way that is known");
  }

  // A frame costs more than the few bytes of an empty one, which unpack to nothing that is bounded.
  [[nodiscard]] Status CheckFrames() const {
    if (frames_ <= limits::kFramesFree + bytes_read_ / limits::kFrameBytesMin) return Status::OK();
    return Located(MakeError(ErrorKind::kTooLarge,
                             "the body has " + std::to_string(frames_) +
                                 " frames already, which is too many for its size; compress it as "
                                 "one"));
  }

  [[nodiscard]] Status Located(const Status& status) const {
    return WithContext("Content-Encoding " + std::string(NameOf(coding_)) + ", behind byte " +
                           std::to_string(bytes_read_),
                       AsDecodeFailure(status));
  }

  const ContentCoding coding_;
  const std::shared_ptr<arrow::util::Decompressor> decompressor_;
  bool between_frames_ = true;
  int64_t frames_ = 0;  // That were read to their end.
  int64_t bytes_read_ = 0;
};

}  // namespace

std::string_view NameOf(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kGzip:
      return "gzip";
    case ContentCoding::kZstd:
      return "zstd";
    case ContentCoding::kLz4:
      return "lz4";
    case ContentCoding::kIdentity:
      break;
  }
  return "identity";
}

Result<std::unique_ptr<ContentDecoder>> ContentDecoder::Make(ContentCoding coding) {
  ARROW_ASSIGN_OR_RAISE(const auto codec, arrow::util::Codec::Create(CodecOf(coding)));
  if (codec == nullptr) return MakeError(ErrorKind::kInternal, "a coding without a codec");
  ARROW_ASSIGN_OR_RAISE(auto decompressor, codec->MakeDecompressor());
  return std::make_unique<FrameDecoder>(coding, std::move(decompressor));
}

}  // namespace arrowport::stream
