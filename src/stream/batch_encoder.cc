#include "stream/batch_encoder.h"

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <arrow/type.h>

#include "base/error.h"
#include "stream/arrow_encoder.h"
#include "stream/framed_encoder.h"
#include "stream/parquet_encoder.h"
#include "stream/text_encoder.h"

namespace arrowport::stream {
namespace {

constexpr std::array kTable = {
    WireFormatTraits{WireFormat::kArrowStream, "arrow", "application/vnd.apache.arrow.stream"},
    WireFormatTraits{WireFormat::kJson, "json", "application/json"},
    WireFormatTraits{WireFormat::kNdjson, "ndjson", "application/x-ndjson"},
    WireFormatTraits{WireFormat::kCsv, "csv", "text/csv"},
    WireFormatTraits{WireFormat::kArrowFile, "arrow-file", "application/vnd.apache.arrow.file"},
    WireFormatTraits{WireFormat::kParquet, "parquet", "application/vnd.apache.parquet"},
};

constexpr std::array<std::string_view, 3> kCompressionNames = {"none", "zstd", "lz4"};

Result<std::unique_ptr<BatchEncoder>> MakePlainEncoder(
    const EncodeOptions& options, const std::shared_ptr<arrow::Schema>& schema) {
  switch (options.format) {
    case WireFormat::kArrowStream:
    case WireFormat::kArrowFile:
      return MakeArrowEncoder(options, schema);
    case WireFormat::kJson:
      return MakeJsonEncoder(schema);
    case WireFormat::kNdjson:
      return MakeNdjsonEncoder(schema);
    case WireFormat::kCsv:
      return MakeCsvEncoder(schema);
    case WireFormat::kParquet:
      return MakeParquetEncoder(options.compression, schema);
  }
  return MakeError(ErrorKind::kInternal, "a format that is not known");
}

}  // namespace

std::span<const WireFormatTraits> WireFormatTable() { return kTable; }

std::string_view NameOf(Compression compression) {
  return kCompressionNames.at(static_cast<size_t>(compression));
}

const WireFormatTraits& TraitsOf(WireFormat format) {
  return kTable.at(static_cast<size_t>(format));
}

Result<std::unique_ptr<BatchEncoder>> MakeBatchEncoder(
    const EncodeOptions& options, const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto encoder, MakePlainEncoder(options, schema));
  if (options.coding == BodyCoding::kIdentity) return encoder;
  return MakeFramedEncoder(std::move(encoder));
}

Result<std::unique_ptr<BatchEncoder>> MakeBatchEncoder(
    WireFormat format, const std::shared_ptr<arrow::Schema>& schema) {
  return MakeBatchEncoder(EncodeOptions{.format = format}, schema);
}

}  // namespace arrowport::stream
