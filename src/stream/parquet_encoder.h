#pragma once

#include <cstdint>
#include <memory>

#include <arrow/type.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {

/// Bytes of Arrow memory whose rows make one row group of Parquet; it is held, encoded and
/// compressed, until it is full. Under this the columns of wide rows are too short to be read one
/// by one.
inline constexpr int64_t kRowGroupBytes = 32 * kMiB;

/// The encoder of WireFormat::kParquet. Rows gather in row groups of limits::kMorselRows, or fewer
/// where they are wider than kRowGroupBytes allows, however the batches are cut; a row group's
/// bytes come when it is full. The columns of a batch are encoded side by side on Arrow's CPU
/// threads, which the calling thread waits for.
///
/// The Arrow schema is stored in the file, so that readers that know of it (pyarrow, pandas) give
/// the same types back, with these exceptions: date64 becomes date32, seconds become
/// milliseconds (time32, timestamp), and a dictionary of other than strings or binaries its values.
///
/// \return kNotAcceptable, with the column's name, for types that Parquet has no form for:
/// intervals,
///   unions, run-end encoded values, structs without fields, binaries of no bytes and dictionaries
///   of nested values and decimals.
Result<std::unique_ptr<BatchEncoder>> MakeParquetEncoder(
    Compression compression, const std::shared_ptr<arrow::Schema>& schema);

}  // namespace arrowport::stream
