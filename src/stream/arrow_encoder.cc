#include "stream/arrow_encoder.h"

#include <memory>
#include <utility>

#include <arrow/ipc/options.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/batch_encoder.h"
#include "stream/piece_stream.h"

namespace arrowport::stream {
namespace {

// What saves less is not worth its reader's time.
constexpr double kSpaceSavingsMin = 0.05;

class ArrowEncoder final : public BatchEncoder {
 public:
  ArrowEncoder(WireFormat format, arrow::ipc::IpcWriteOptions options,
               std::shared_ptr<arrow::Schema> schema)
      : format_(format), options_(std::move(options)), schema_(std::move(schema)) {}

  Result<Buffers> Begin() override {
    ARROW_ASSIGN_OR_RAISE(writer_, OpenWriter());
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
  Result<std::shared_ptr<arrow::ipc::RecordBatchWriter>> OpenWriter() {
    if (format_ == WireFormat::kArrowFile) {
      return arrow::ipc::MakeFileWriter(pieces_.get(), schema_, options_);
    }
    // MakeStreamWriter would hold the schema back until the first batch; a client should see it
    // while the query still runs.
    ARROW_ASSIGN_OR_RAISE(auto payloads,
                          arrow::ipc::internal::MakePayloadStreamWriter(pieces_.get(), options_));
    return arrow::ipc::internal::OpenRecordBatchWriter(std::move(payloads), schema_, options_);
  }

  // Constant after construction.
  const WireFormat format_;
  const arrow::ipc::IpcWriteOptions options_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::unique_ptr<PieceStream> pieces_ = std::make_unique<PieceStream>();

  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

}  // namespace

Result<arrow::ipc::IpcWriteOptions> WriteOptionsOf(const EncodeOptions& options) {
  auto write = arrow::ipc::IpcWriteOptions::Defaults();
  write.allow_64bit = true;
  write.max_recursion_depth = limits::kSchemaDepthMax + 1;
  // A file has one dictionary a column; what comes later is told as an addition to it.
  write.emit_dictionary_deltas = options.format == WireFormat::kArrowFile;
  write.use_threads = options.compression != Compression::kNone;
  write.min_space_savings = kSpaceSavingsMin;
  if (options.compression != Compression::kNone) {
    ARROW_ASSIGN_OR_RAISE(write.codec,
                          arrow::util::Codec::Create(options.compression == Compression::kZstd
                                                         ? arrow::Compression::ZSTD
                                                         : arrow::Compression::LZ4_FRAME));
  }
  return write;
}

Result<std::unique_ptr<BatchEncoder>> MakeArrowEncoder(
    const EncodeOptions& options, const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto write, WriteOptionsOf(options));
  return std::make_unique<ArrowEncoder>(options.format, std::move(write), schema);
}

}  // namespace arrowport::stream
