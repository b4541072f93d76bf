#include "stream/parquet_encoder.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "base/limits.h"
#include "stream/batch_encoder.h"
#include "stream/piece_stream.h"

namespace arrowport::stream {
namespace {

// A row group of numbers that are all different just fits Parquet's usual 1 MiB, and would be
// written as a dictionary to no avail: slower, and a quarter larger.
constexpr int64_t kDictionaryBytesMax = 128 * kKiB;

arrow::Compression::type CodecOf(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return arrow::Compression::UNCOMPRESSED;
    case Compression::kZstd:
      return arrow::Compression::ZSTD;
    case Compression::kLz4:
      return arrow::Compression::LZ4;
  }
  return arrow::Compression::UNCOMPRESSED;
}

using Writer = parquet::arrow::FileWriter;

Result<std::unique_ptr<Writer>> OpenWriter(Compression compression, const arrow::Schema& schema,
                                           const std::shared_ptr<PieceStream>& output) {
  const auto properties = parquet::WriterProperties::Builder()
                              .compression(CodecOf(compression))
                              ->max_row_group_length(limits::kMorselRows)
                              ->dictionary_pagesize_limit(kDictionaryBytesMax)
                              ->created_by("arrowport " ARROWPORT_VERSION)
                              ->build();
  const auto arrow_properties =
      parquet::ArrowWriterProperties::Builder().store_schema()->set_use_threads(true)->build();
  return Writer::Open(schema, arrow::default_memory_pool(), output, properties, arrow_properties);
}

// Parquet throws where a page cannot be made.
template <typename Function>
Status Guarded(const Function& function) {
  try {
    return function();
  } catch (const std::exception& error) {
    return MakeError(ErrorKind::kInternal, error.what());
  }
}

// Some types are refused with the schema and some with the first value, so this writes one null.
Status TryColumns(const arrow::FieldVector& fields) {
  return Guarded([&fields]() -> Status {
    arrow::FieldVector nullable;
    for (const auto& field : fields) nullable.push_back(field->WithNullable(true));
    const auto schema = arrow::schema(std::move(nullable));
    ARROW_ASSIGN_OR_RAISE(auto writer,
                          OpenWriter(Compression::kNone, *schema, std::make_shared<PieceStream>()));
    arrow::ArrayVector columns;
    for (const auto& field : fields) {
      ARROW_ASSIGN_OR_RAISE(auto column, arrow::MakeArrayOfNull(field->type(), 1));
      columns.push_back(std::move(column));
    }
    ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*arrow::RecordBatch::Make(schema, 1, columns)));
    return writer->Close();
  });
}

Status CheckColumns(const arrow::FieldVector& fields) {
  if (TryColumns(fields).ok()) return Status::OK();
  for (const auto& field : fields) {
    if (TryColumns({field}).ok()) continue;
    return MakeError(ErrorKind::kNotAcceptable,
                     "column '" + field->name() + "' is " + field->type()->ToString() +
                         ", which Parquet has no form for; cast it, or take another format");
  }
  return MakeError(ErrorKind::kNotAcceptable, "Parquet has no form for these columns together");
}

class ParquetEncoder final : public BatchEncoder {
 public:
  ParquetEncoder(Compression compression, std::shared_ptr<arrow::Schema> schema)
      : compression_(compression), schema_(std::move(schema)) {}

  Result<Buffers> Begin() override {
    ARROW_RETURN_NOT_OK(
        Guarded([this] { return OpenWriter(compression_, *schema_, pieces_).Value(&writer_); }));
    return pieces_->Take();
  }

  Result<Buffers> Encode(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    if (writer_ == nullptr) return MakeError(ErrorKind::kInternal, "Encode before Begin");
    ARROW_RETURN_NOT_OK(Guarded([this, &batch] { return Write(*batch); }));
    return pieces_->Take();
  }

  Result<Buffers> End() override {
    if (writer_ == nullptr) return MakeError(ErrorKind::kInternal, "End before Begin");
    ARROW_RETURN_NOT_OK(Guarded([this] { return writer_->Close(); }));
    return pieces_->Take();
  }

 private:
  Status Write(const arrow::RecordBatch& batch) {
    const int64_t rows = batch.num_rows();
    const int64_t row_bytes = std::max<int64_t>(1, BytesOf(batch) / std::max<int64_t>(1, rows));
    for (int64_t row = 0; row < rows;) {
      if (group_rows_ > 0 && RowsThatFit(row_bytes) <= 0) ARROW_RETURN_NOT_OK(BeginRowGroup());
      const int64_t count = std::clamp<int64_t>(RowsThatFit(row_bytes), 1, rows - row);
      ARROW_RETURN_NOT_OK(writer_->WriteRecordBatch(*batch.Slice(row, count)));
      group_rows_ += count;
      group_bytes_ += count * row_bytes;
      row += count;
    }
    return Status::OK();
  }

  Status BeginRowGroup() {
    group_rows_ = 0;
    group_bytes_ = 0;
    return writer_->NewBufferedRowGroup();
  }

  [[nodiscard]] int64_t RowsThatFit(int64_t row_bytes) const {
    return std::min(limits::kMorselRows - group_rows_, (kRowGroupBytes - group_bytes_) / row_bytes);
  }

  // Constant after construction.
  const Compression compression_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<PieceStream> pieces_ = std::make_shared<PieceStream>();

  std::unique_ptr<Writer> writer_;
  int64_t group_rows_ = 0;   // Of the row group that is being filled.
  int64_t group_bytes_ = 0;  // Of its rows in Arrow's memory.
};

}  // namespace

Result<std::unique_ptr<BatchEncoder>> MakeParquetEncoder(
    Compression compression, const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_RETURN_NOT_OK(CheckColumns(schema->fields()));
  return std::make_unique<ParquetEncoder>(compression, schema);
}

}  // namespace arrowport::stream
