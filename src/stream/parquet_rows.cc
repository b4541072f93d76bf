#include "stream/parquet_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/io/memory.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/base64.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/upload_limits.h"
#include "base/written_out.h"
#include "stream/allocation_budget.h"
#include "stream/decode_failure.h"
#include "stream/incoming_memory.h"
#include "stream/ipc_decoder.h"
#include "stream/nameless_file.h"
#include "stream/nameless_input.h"
#include "stream/parquet_footer.h"
#include "stream/validate.h"

namespace arrowport::stream {
namespace {

// Bytes of a column chunk that are read at once, instead of the whole chunk.
constexpr int64_t kPageBufferBytes = 1 * kMiB;

// What a batch aims at, by what the footer says of its row group.
constexpr int64_t kBatchBytes = 16 * kMiB;
constexpr int64_t kBatchRowsMin = 1024;

// Behind the footer: its length, and the magic letters that the file begins with, too.
constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kEncryptedMagic = "PARE";
constexpr int64_t kTailBytes = 8;

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

// The footer's bytes, with a length that the file has.
Result<std::shared_ptr<arrow::Buffer>> ReadFooter(arrow::io::RandomAccessFile& file) {
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, file.GetSize());
  if (bytes < kTailBytes + static_cast<int64_t>(kMagic.size())) {
    return Invalid("it is too short for a Parquet file");
  }
  ARROW_ASSIGN_OR_RAISE(const auto tail, file.ReadAt(bytes - kTailBytes, kTailBytes));
  const std::string text = tail->ToString();
  if (text.ends_with(kEncryptedMagic)) {
    return MakeError(ErrorKind::kUnsupportedMedia, "its footer is encrypted");
  }
  if (!text.ends_with(kMagic)) {
    return Invalid("it does not end as a Parquet file does, so it may be cut short");
  }
  uint32_t length = 0;
  std::memcpy(&length, text.data(), sizeof(length));
  if (length > limits::kParquetFooterBytesMax) {
    return MakeError(ErrorKind::kTooLarge, "its footer has " + std::to_string(length) +
                                               " bytes; the limit is " +
                                               std::to_string(limits::kParquetFooterBytesMax));
  }
  if (length > bytes - kTailBytes) return Invalid("its footer is longer than the file");
  return file.ReadAt(bytes - kTailBytes - length, length);
}

// Arrow's writer leaves the schema as an IPC message, which the reader would believe.
Status CheckArrowSchema(const parquet::FileMetaData& metadata, int64_t bytes_max) {
  const auto& pairs = metadata.key_value_metadata();
  if (pairs == nullptr) return Status::OK();
  for (int64_t i = 0; i < pairs->size(); ++i) {
    if (pairs->key(i) != "ARROW:schema") continue;
    ARROW_ASSIGN_OR_RAISE(const std::string message, arrow::util::base64_decode(pairs->value(i)));
    IpcDecoder decoder({.message_bytes_max = bytes_max});
    std::string_view rest = message;
    while (decoder.schema() == nullptr) {
      if (rest.empty()) return Invalid("it has no whole Arrow schema where it says so");
      ARROW_ASSIGN_OR_RAISE(const std::span<uint8_t> space, decoder.Prepare());
      if (space.empty()) return Invalid("it has no Arrow schema where it says so");
      const size_t part = std::min(space.size(), rest.size());
      std::memcpy(space.data(), rest.data(), part);
      rest.remove_prefix(part);
      ARROW_RETURN_NOT_OK(decoder.Commit(part));
    }
  }
  return Status::OK();
}

class RowsOfFile final : public ParquetRows {
 public:
  explicit RowsOfFile(int64_t batch_bytes_max) : batch_bytes_max_(batch_bytes_max) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Status Start(const std::shared_ptr<arrow::io::RandomAccessFile>& file) {
    ARROW_ASSIGN_OR_RAISE(const auto footer, ReadFooter(*file));
    ARROW_RETURN_NOT_OK(CheckParquetFooter({footer->data(), static_cast<size_t>(footer->size())}));
    parquet::ReaderProperties properties(BudgetedMemoryPool());
    properties.enable_buffered_stream();
    properties.set_buffer_size(kPageBufferBytes);
    properties.set_thrift_string_size_limit(static_cast<int32_t>(limits::kParquetFooterBytesMax));
    properties.set_page_checksum_verification(true);
    // A thread of another pool would be outside of the budget.
    parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
    arrow_properties.set_pre_buffer(false);
    parquet::arrow::FileReaderBuilder builder;
    ARROW_RETURN_NOT_OK(builder.Open(file, properties));
    ARROW_RETURN_NOT_OK(CheckArrowSchema(*builder.raw_reader()->metadata(), batch_bytes_max_));
    builder.properties(arrow_properties);
    builder.memory_pool(BudgetedMemoryPool());
    ARROW_ASSIGN_OR_RAISE(file_, builder.Build());
    ARROW_RETURN_NOT_OK(file_->GetSchema(&schema_));
    return ValidateSchema(*schema_);
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    const AllocationBudget budget(batch_bytes_max_);
    try {
      auto batch = ReadNext();
      if (batch.ok()) return batch;
      return Located(AsDecodeFailure(batch.status()));
    } catch (const std::bad_alloc&) {
      return MakeError(ErrorKind::kOutOfMemory, "no memory for a batch of the Parquet file");
    } catch (const std::exception& error) {
      return Located(Invalid(error.what()));
    }
  }

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> ReadNext() {
    for (;;) {
      std::shared_ptr<arrow::RecordBatch> batch;
      if (row_group_ != nullptr) ARROW_RETURN_NOT_OK(row_group_->ReadNext(&batch));
      if (batch != nullptr) {
        ARROW_RETURN_NOT_OK(validator_.Validate(*batch, batches_++));
        ARROW_RETURN_NOT_OK(CheckWrittenOut(
            *batch, std::min(batch_bytes_max_, IncomingMemory::OfProcess().bytes_max())));
        rows_ += batch->num_rows();
        if (batch->num_rows() > 0) return batch;
        continue;
      }
      // A reader of the whole file would keep the row groups that it is done with.
      if (next_row_group_ >= file_->num_row_groups()) return AtEnd();
      file_->set_batch_size(BatchRows(next_row_group_));
      ARROW_ASSIGN_OR_RAISE(row_group_, file_->GetRecordBatchReader({next_row_group_}));
      ++next_row_group_;
    }
  }

  [[nodiscard]] Result<std::shared_ptr<arrow::RecordBatch>> AtEnd() const {
    const int64_t announced = file_->parquet_reader()->metadata()->num_rows();
    if (rows_ == announced) return nullptr;
    return Invalid("its footer announces " + std::to_string(announced) + " rows, and there are " +
                   std::to_string(rows_));
  }

  [[nodiscard]] int64_t BatchRows(int row_group) const {
    const auto metadata = file_->parquet_reader()->metadata()->RowGroup(row_group);
    const int64_t bytes = std::max<int64_t>(metadata->total_byte_size(), 1);
    const int64_t rows = std::clamp<int64_t>(metadata->num_rows(), 1, limits::kBatchRowsMax);
    const double share = static_cast<double>(kBatchBytes) / static_cast<double>(bytes);
    const double fitting = std::min(share, 1.0) * static_cast<double>(rows);
    return std::clamp<int64_t>(static_cast<int64_t>(fitting), kBatchRowsMin, limits::kMorselRows);
  }

  [[nodiscard]] Status Located(const Status& status) const {
    return WithContext("Parquet file, after " + std::to_string(rows_) + " rows", status);
  }

  // Constant after construction.
  const int64_t batch_bytes_max_;

  // Constant after Start.
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::shared_ptr<arrow::Schema> schema_;

  BatchValidator validator_;
  std::unique_ptr<arrow::RecordBatchReader> row_group_;
  int next_row_group_ = 0;
  int64_t batches_ = 0;
  int64_t rows_ = 0;
};

Status Start(RowsOfFile& rows, const std::shared_ptr<arrow::io::RandomAccessFile>& file) {
  try {
    return rows.Start(file);
  } catch (const std::bad_alloc&) {
    return MakeError(ErrorKind::kOutOfMemory, "no memory for its footer");
  } catch (const std::exception& error) {
    return Invalid(error.what());
  }
}

Result<std::unique_ptr<ParquetRows>> OpenInput(
    const std::shared_ptr<arrow::io::RandomAccessFile>& file, int64_t batch_bytes_max) {
  const AllocationBudget budget(batch_bytes_max);
  auto rows = std::make_unique<RowsOfFile>(batch_bytes_max);
  const Status started = Start(*rows, file);
  if (!started.ok()) return WithContext("Parquet file", AsDecodeFailure(started));
  return rows;
}

}  // namespace

Result<std::unique_ptr<ParquetRows>> ParquetRows::Open(std::shared_ptr<arrow::Buffer> file,
                                                       int64_t batch_bytes_max) {
  return OpenInput(std::make_shared<arrow::io::BufferReader>(std::move(file)), batch_bytes_max);
}

Result<std::unique_ptr<ParquetRows>> ParquetRows::Open(std::shared_ptr<const NamelessFile> file,
                                                       int64_t batch_bytes_max) {
  return OpenInput(OpenNamelessFile(std::move(file)), batch_bytes_max);
}

}  // namespace arrowport::stream
