#include "stream/framed_encoder.h"

#include <cstdint>
#include <memory>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/util/compression.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {
namespace {

// Higher levels are several times slower than the network that they would save.
constexpr int kZstdLevel = 1;

/// One frame, made piece by piece.
class Frame {
 public:
  static Result<std::shared_ptr<arrow::Buffer>> Of(const Buffers& pieces,
                                                   arrow::util::Codec& codec) {
    int64_t bytes = 0;
    for (const auto& piece : pieces) bytes += piece->size();
    // Touched only as far as it is written, and cut back at the end.
    ARROW_ASSIGN_OR_RAISE(
        auto output, arrow::AllocateResizableBuffer(codec.MaxCompressedLen(bytes, nullptr) + kKiB));
    ARROW_ASSIGN_OR_RAISE(auto compressor, codec.MakeCompressor());
    Frame frame(std::move(output), std::move(compressor));
    for (const auto& piece : pieces) ARROW_RETURN_NOT_OK(frame.Add(*piece));
    return frame.End();
  }

 private:
  Frame(std::shared_ptr<arrow::ResizableBuffer> output,
        std::shared_ptr<arrow::util::Compressor> compressor)
      : output_(std::move(output)), compressor_(std::move(compressor)) {}

  Status Add(const arrow::Buffer& piece) {
    for (int64_t read = 0; read < piece.size();) {
      ARROW_ASSIGN_OR_RAISE(const auto step,
                            compressor_->Compress(piece.size() - read, piece.data() + read, room(),
                                                  output_->mutable_data() + written_));
      read += step.bytes_read;
      written_ += step.bytes_written;
      if (step.bytes_read == 0) ARROW_RETURN_NOT_OK(Grow());
    }
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::Buffer>> End() {
    for (bool ended = false; !ended;) {
      ARROW_ASSIGN_OR_RAISE(const auto step,
                            compressor_->End(room(), output_->mutable_data() + written_));
      written_ += step.bytes_written;
      ended = !step.should_retry;
      if (!ended) ARROW_RETURN_NOT_OK(Grow());
    }
    ARROW_RETURN_NOT_OK(output_->Resize(written_));
    return output_;
  }

  Status Grow() { return output_->Resize(output_->size() * 2); }

  [[nodiscard]] int64_t room() const { return output_->size() - written_; }

  const std::shared_ptr<arrow::ResizableBuffer> output_;
  const std::shared_ptr<arrow::util::Compressor> compressor_;
  int64_t written_ = 0;
};

class FramedEncoder final : public BatchEncoder {
 public:
  FramedEncoder(std::unique_ptr<BatchEncoder> inner, std::unique_ptr<arrow::util::Codec> codec)
      : inner_(std::move(inner)), codec_(std::move(codec)) {}

  Result<Buffers> Begin() override { return InFrame(inner_->Begin()); }

  Result<Buffers> Encode(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    return InFrame(inner_->Encode(batch));
  }

  // Readers take a body without any frame for one that was cut short.
  Result<Buffers> End() override { return InFrame(inner_->End(), !has_frames_); }

 private:
  Result<Buffers> InFrame(const Result<Buffers>& pieces, bool may_be_empty = false) {
    ARROW_RETURN_NOT_OK(pieces);
    if (pieces->empty() && !may_be_empty) return Buffers();
    ARROW_ASSIGN_OR_RAISE(auto frame, Frame::Of(*pieces, *codec_));
    has_frames_ = true;
    return Buffers{std::move(frame)};
  }

  // Constant after construction.
  const std::unique_ptr<BatchEncoder> inner_;
  const std::unique_ptr<arrow::util::Codec> codec_;

  bool has_frames_ = false;
};

}  // namespace

Result<std::unique_ptr<BatchEncoder>> MakeFramedEncoder(std::unique_ptr<BatchEncoder> inner) {
  ARROW_ASSIGN_OR_RAISE(auto codec,
                        arrow::util::Codec::Create(arrow::Compression::ZSTD, kZstdLevel));
  return std::make_unique<FramedEncoder>(std::move(inner), std::move(codec));
}

}  // namespace arrowport::stream
