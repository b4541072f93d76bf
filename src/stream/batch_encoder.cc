#include "stream/batch_encoder.h"

#include <array>
#include <string>

#include "stream/arrow_encoder.h"

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
    case WireFormat::kNdjson:
    case WireFormat::kCsv:
      break;
  }
  return MakeError(ErrorKind::kNotImplemented,
                   "the format " + std::string(TraitsOf(format).name) + " cannot be written");
}

}  // namespace arrowport::stream
