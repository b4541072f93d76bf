#include "stream/arrow_encoder.h"

#include <string>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/writer.h>

#include "base/limits.h"

namespace arrowport::stream {
namespace {

// Below this a copy costs less than one more piece in the list that goes to the socket.
constexpr int64_t kCopiedBytesMax = 4 * kKiB;

// Keeps what Arrow writes as a list of buffers instead of joining it.
class PieceStream final : public arrow::io::OutputStream {
 public:
  PieceStream() { set_mode(arrow::io::FileMode::WRITE); }

  Status Write(const void* data, int64_t nbytes) override {
    position_ += nbytes;
    copied_.append(static_cast<const char*>(data), static_cast<size_t>(nbytes));
    return Status::OK();
  }

  Status Write(const std::shared_ptr<arrow::Buffer>& data) override {
    if (data->size() <= kCopiedBytesMax) return Write(data->data(), data->size());
    position_ += data->size();
    FlushCopied();
    pieces_.push_back(data);
    return Status::OK();
  }

  Result<int64_t> Tell() const override { return position_; }

  Status Close() override {
    closed_ = true;
    return Status::OK();
  }

  bool closed() const override { return closed_; }

  /// What was written since the last call.
  Buffers Take() {
    FlushCopied();
    return std::exchange(pieces_, {});
  }

 private:
  void FlushCopied() {
    if (copied_.empty()) return;
    pieces_.push_back(arrow::Buffer::FromString(std::exchange(copied_, {})));
  }

  Buffers pieces_;
  std::string copied_;
  int64_t position_ = 0;
  bool closed_ = false;
};

class ArrowEncoder final : public BatchEncoder {
 public:
  explicit ArrowEncoder(std::shared_ptr<arrow::Schema> schema) : schema_(std::move(schema)) {}

  Result<Buffers> Begin() override {
    auto options = arrow::ipc::IpcWriteOptions::Defaults();
    options.allow_64bit = true;
    options.max_recursion_depth = limits::kSchemaDepthMax + 1;
    options.use_threads = false;
    // MakeStreamWriter would hold the schema back until the first batch; a client should see it
    // while the query still runs.
    ARROW_ASSIGN_OR_RAISE(auto payloads,
                          arrow::ipc::internal::MakePayloadStreamWriter(pieces_.get(), options));
    ARROW_ASSIGN_OR_RAISE(writer_, arrow::ipc::internal::OpenRecordBatchWriter(std::move(payloads),
                                                                               schema_, options));
    return pieces_->Take();
  }

  Result<Buffers> Encode(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    if (writer_ == nullptr) return MakeError(ErrorKind::kInternal, "Encode before Begin");
    ARROW_RETURN_NOT_OK(writer_->WriteRecordBatch(*batch));
    return pieces_->Take();
  }

  Result<Buffers> End() override {
    if (writer_ == nullptr) return MakeError(ErrorKind::kInternal, "End before Begin");
    ARROW_RETURN_NOT_OK(writer_->Close());
    return pieces_->Take();
  }

 private:
  // Constant after construction.
  const std::shared_ptr<arrow::Schema> schema_;
  const std::unique_ptr<PieceStream> pieces_ = std::make_unique<PieceStream>();

  std::unique_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

}  // namespace

Result<std::unique_ptr<BatchEncoder>> MakeArrowEncoder(
    const std::shared_ptr<arrow::Schema>& schema) {
  return std::make_unique<ArrowEncoder>(schema);
}

}  // namespace arrowport::stream
