#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::stream {

/// The forms that rows have on a wire.
enum class WireFormat {
  kArrowStream,  ///< application/vnd.apache.arrow.stream
  kJson,         ///< application/json: one array of objects
  kNdjson,       ///< application/x-ndjson: an object a line
  kCsv,          ///< text/csv: RFC 4180 with a header line, LF line ends
};

/// One row of the table of formats.
struct WireFormatTraits {
  WireFormat format;
  std::string_view name;        ///< "arrow", "json", "ndjson", "csv"
  std::string_view media_type;  ///< As in `Content-Type` and `Accept`.
};

const WireFormatTraits& TraitsOf(WireFormat format);

/// Pieces of a body, to be sent in order. Buffers of Arrow batches are shared, not copied.
using Buffers = std::vector<std::shared_ptr<arrow::Buffer>>;

/// Turns batches of one schema into the pieces of a body. One thread at a time.
class BatchEncoder {
 public:
  virtual ~BatchEncoder() = default;

  /// Once, first: what comes before the rows.
  virtual Result<Buffers> Begin() = 0;

  virtual Result<Buffers> Encode(const std::shared_ptr<arrow::RecordBatch>& batch) = 0;

  /// Once, last: what comes after the rows. Without it the body is visibly incomplete.
  virtual Result<Buffers> End() = 0;
};

/// The encoder of `format` for batches of `schema`.
///
/// Values in JSON and CSV: integers of any width and decimals as numbers in full, NaN and the
/// infinities as the strings "NaN", "Infinity", "-Infinity" (JSON has no numbers for them), dates
/// and times in ISO 8601, timestamps with a zone in UTC with `Z`, binaries in base64, durations and
/// intervals in ISO 8601, lists as arrays, structs and maps as objects (a map whose keys are not
/// strings: an array of [key, value]), a union as the value that it has; nested values in CSV are
/// their JSON text. Null is `null` in JSON and an empty field in CSV, where the empty string is
/// `""`. A name that stands twice gets a number in JSON: "a", "a_1".
Result<std::unique_ptr<BatchEncoder>> MakeBatchEncoder(
    WireFormat format, const std::shared_ptr<arrow::Schema>& schema);

}  // namespace arrowport::stream
