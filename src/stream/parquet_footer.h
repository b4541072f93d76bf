#pragma once

#include <cstdint>
#include <span>

#include "base/error.h"

namespace arrowport::stream {

/// Looks through the footer of a Parquet file, as it came from outside, without building anything
/// from it: its schema may have `limits::kSchemaDepthMax` levels of lists and structs and
/// `limits::kSchemaFieldsMax` columns, and no more may stand in it than its bytes can well say.
/// The library recurses into what it reads, and makes a hundred bytes of one.
///
/// `footer` is the FileMetaData alone, in Thrift's compact protocol:
/// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
/// \return kTooLarge for those, kInvalidInput for what is no footer.
Status CheckParquetFooter(std::span<const uint8_t> footer);

}  // namespace arrowport::stream
