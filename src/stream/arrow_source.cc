#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <arrow/io/file.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/file.h"
#include "stream/ipc_decoder.h"
#include "stream/source_readers.h"
#include "stream/validate.h"

namespace arrowport::stream {
namespace {

class ArrowFileReader final : public arrow::RecordBatchReader {
 public:
  explicit ArrowFileReader(std::shared_ptr<arrow::ipc::RecordBatchFileReader> file)
      : file_(std::move(file)), schema_(file_->schema()) {}

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (next_ >= file_->num_record_batches()) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto read, file_->ReadRecordBatch(next_));
    ARROW_RETURN_NOT_OK(validator_.Validate(*read, next_));
    ++next_;
    *batch = std::move(read);
    return Status::OK();
  }

 private:
  const std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  const std::shared_ptr<arrow::Schema> schema_;
  BatchValidator validator_;
  int next_ = 0;
};

class ArrowStreamReader final : public arrow::RecordBatchReader {
 public:
  ArrowStreamReader(std::shared_ptr<arrow::io::InputStream> input, const IpcDecoderOptions& options)
      : input_(std::move(input)), decoder_(options) {}

  /// Reads until the schema is known.
  Status Start() {
    while (decoder_.schema() == nullptr) {
      ARROW_ASSIGN_OR_RAISE(const bool has_more, Step());
      if (!has_more) return decoder_.Finish();
    }
    return Status::OK();
  }

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return decoder_.schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    for (;;) {
      *batch = decoder_.TakeBatch();
      if (*batch != nullptr) return Status::OK();
      ARROW_ASSIGN_OR_RAISE(const bool has_more, Step());
      if (!has_more) return decoder_.Finish();
    }
  }

 private:
  // Reads and decodes some bytes; false when the stream or the input is at its end.
  Result<bool> Step() {
    ARROW_ASSIGN_OR_RAISE(const std::span<uint8_t> space, decoder_.Prepare());
    if (space.empty()) return false;
    // A pipe is read in parts, so that what counts its bytes moves on.
    const auto wanted = std::min<int64_t>(static_cast<int64_t>(space.size()), 4 * kMiB);
    ARROW_ASSIGN_OR_RAISE(const int64_t bytes, input_->Read(wanted, space.data()));
    if (bytes == 0) return false;
    ARROW_RETURN_NOT_OK(decoder_.Commit(static_cast<size_t>(bytes)));
    return true;
  }

  const std::shared_ptr<arrow::io::InputStream> input_;
  IpcDecoder decoder_;
};

Result<std::shared_ptr<arrow::RecordBatchReader>> OpenStream(
    const std::shared_ptr<arrow::io::InputStream>& input, const IpcDecoderOptions& options) {
  auto reader = std::make_shared<ArrowStreamReader>(input, options);
  ARROW_RETURN_NOT_OK(reader->Start());
  return reader;
}

}  // namespace

Result<BatchSource> OpenArrowFileSource(const std::shared_ptr<arrow::io::RandomAccessFile>& file) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.max_recursion_depth = limits::kSchemaDepthMax + 1;
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchFileReader::Open(file, options));
  ARROW_ASSIGN_OR_RAISE(const int64_t rows, reader->CountRows());
  return BatchSource{std::make_shared<ArrowFileReader>(std::move(reader)), rows};
}

Result<BatchSource> OpenArrowStreamSource(const std::shared_ptr<arrow::io::InputStream>& input) {
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenStream(input, {}));
  return BatchSource{std::move(reader)};
}

Result<std::shared_ptr<arrow::RecordBatchReader>> OpenOwnStream(const std::string& path) {
  constexpr IpcDecoderOptions kNoLimit = {.message_bytes_max = int64_t{1} << 50};
  ARROW_ASSIGN_OR_RAISE(const auto file, arrow::io::ReadableFile::Open(path));
  return OpenStream(file, kNoLimit);
}

}  // namespace arrowport::stream
