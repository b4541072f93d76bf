#pragma once

#include <memory>

#include <arrow/type.h>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {

/// The encoders of WireFormat::kJson, kNdjson and kCsv. What they write of a batch comes in pieces
/// of about a megabyte.
Result<std::unique_ptr<BatchEncoder>> MakeJsonEncoder(const std::shared_ptr<arrow::Schema>& schema);
Result<std::unique_ptr<BatchEncoder>> MakeNdjsonEncoder(
    const std::shared_ptr<arrow::Schema>& schema);
Result<std::unique_ptr<BatchEncoder>> MakeCsvEncoder(const std::shared_ptr<arrow::Schema>& schema);

}  // namespace arrowport::stream
