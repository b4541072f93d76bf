#include "stream/batch_encoder.h"

#include <array>
#include <cstddef>
#include <memory>

#include <arrow/type.h>

#include "base/error.h"
#include "stream/arrow_encoder.h"
#include "stream/text_encoder.h"

namespace arrowport::stream {
namespace {

constexpr std::array kTable = {
    WireFormatTraits{WireFormat::kArrowStream, "arrow", "application/vnd.apache.arrow.stream"},
    WireFormatTraits{WireFormat::kJson, "json", "application/json"},
    WireFormatTraits{WireFormat::kNdjson, "ndjson", "application/x-ndjson"},
    WireFormatTraits{WireFormat::kCsv, "csv", "text/csv"},
};

}  // namespace

const WireFormatTraits& TraitsOf(WireFormat format) {
  return kTable.at(static_cast<size_t>(format));
}

Result<std::unique_ptr<BatchEncoder>> MakeBatchEncoder(
    WireFormat format, const std::shared_ptr<arrow::Schema>& schema) {
  switch (format) {
    case WireFormat::kArrowStream:
      return MakeArrowEncoder(schema);
    case WireFormat::kJson:
      return MakeJsonEncoder(schema);
    case WireFormat::kNdjson:
      return MakeNdjsonEncoder(schema);
    case WireFormat::kCsv:
      return MakeCsvEncoder(schema);
  }
  return MakeError(ErrorKind::kInternal, "a format that is not known");
}

}  // namespace arrowport::stream
