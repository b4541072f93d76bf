#pragma once

#include <memory>
#include <span>
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
  kArrowFile,    ///< application/vnd.apache.arrow.file: with a footer, for random access
  kParquet,      ///< application/vnd.apache.parquet
};

/// One row of the table of formats.
struct WireFormatTraits {
  WireFormat format;
  std::string_view name;        ///< "arrow", "json", "ndjson", "csv", "arrow-file", "parquet"
  std::string_view media_type;  ///< As in `Content-Type` and `Accept`.
};

/// The table of formats, one row per format in the order of the enum.
std::span<const WireFormatTraits> WireFormatTable();

const WireFormatTraits& TraitsOf(WireFormat format);

/// How the values within Arrow's and Parquet's forms are made smaller: each buffer of a batch, each
/// page of a column.
enum class Compression { kNone, kZstd, kLz4 };

/// "none", "zstd", "lz4".
std::string_view NameOf(Compression compression);

/// What a body is put into as a whole: the `Content-Encoding` of HTTP.
enum class BodyCoding { kIdentity, kZstd };

struct EncodeOptions {
  WireFormat format = WireFormat::kArrowStream;
  Compression compression = Compression::kNone;  ///< Texts have none.
  BodyCoding coding = BodyCoding::kIdentity;
};

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

/// The encoder for batches of `schema`, as `options` say. Memory is bounded: it holds at most one
/// row group of Parquet (see stream/parquet_encoder.h), and of other forms nothing between calls.
/// Compressing and Parquet take their time, so these are nothing for threads that others wait for.
///
/// Values in JSON and CSV: integers of any width and decimals as numbers in full, NaN and the
/// infinities as the strings "NaN", "Infinity", "-Infinity" (JSON has no numbers for them), dates
/// and times in ISO 8601, timestamps with a zone in UTC with `Z`, binaries in base64, durations and
/// intervals in ISO 8601, lists as arrays, structs and maps as objects (a map whose keys are not
/// strings: an array of [key, value]), a union as the value that it has; nested values in CSV are
/// their JSON text. Null is `null` in JSON and an empty field in CSV, where the empty string is
/// `""`. A name that stands twice gets a number in JSON: "a", "a_1".
///
/// \return kNotAcceptable for a schema that the format has no form for.
Result<std::unique_ptr<BatchEncoder>> MakeBatchEncoder(
    const EncodeOptions& options, const std::shared_ptr<arrow::Schema>& schema);

/// The same, of a form without compression.
Result<std::unique_ptr<BatchEncoder>> MakeBatchEncoder(
    WireFormat format, const std::shared_ptr<arrow::Schema>& schema);

}  // namespace arrowport::stream
