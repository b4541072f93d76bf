#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/source_readers.h"
#include "stream/validate.h"

namespace arrowport::stream {
namespace {

// Bytes of a column chunk that are read at once, instead of the whole chunk.
constexpr int64_t kPageBufferBytes = 1 * kMiB;

class ParquetReader final : public arrow::RecordBatchReader {
 public:
  ParquetReader(std::unique_ptr<parquet::arrow::FileReader> file,
                std::shared_ptr<arrow::Schema> schema)
      : file_(std::move(file)), schema_(std::move(schema)) {}

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    for (;;) {
      if (row_group_ != nullptr) {
        ARROW_RETURN_NOT_OK(row_group_->ReadNext(batch));
        if (*batch != nullptr) return validator_.Validate(**batch, batches_++);
      }
      // A reader of the whole file would keep the row groups that it is done with.
      if (next_row_group_ >= file_->num_row_groups()) return Status::OK();
      ARROW_ASSIGN_OR_RAISE(row_group_, file_->GetRecordBatchReader({next_row_group_}));
      ++next_row_group_;
    }
  }

 private:
  const std::unique_ptr<parquet::arrow::FileReader> file_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<arrow::RecordBatchReader> row_group_;
  int next_row_group_ = 0;
  BatchValidator validator_;
  int64_t batches_ = 0;
};

Result<BatchSource> Open(const std::shared_ptr<arrow::io::RandomAccessFile>& file) {
  auto properties = parquet::default_reader_properties();
  properties.enable_buffered_stream();
  properties.set_buffer_size(kPageBufferBytes);
  parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/true);
  arrow_properties.set_batch_size(limits::kMorselRows);
  arrow_properties.set_pre_buffer(false);

  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(file, properties));
  builder.properties(arrow_properties);
  ARROW_ASSIGN_OR_RAISE(auto reader, builder.Build());
  std::shared_ptr<arrow::Schema> schema;
  ARROW_RETURN_NOT_OK(reader->GetSchema(&schema));
  const int64_t rows = reader->parquet_reader()->metadata()->num_rows();
  return BatchSource{std::make_shared<ParquetReader>(std::move(reader), std::move(schema)), rows};
}

}  // namespace

Result<BatchSource> OpenParquetSource(const std::shared_ptr<arrow::io::RandomAccessFile>& file) {
  try {
    return Open(file);
  } catch (const std::exception& error) {
    return MakeError(ErrorKind::kInvalidInput, error.what());
  }
}

}  // namespace arrowport::stream
