#pragma once

#include <memory>

#include <arrow/type.h>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {

/// The encoder of WireFormat::kArrowStream. Buffers of a batch go out as they are; only message
/// headers and small buffers are copied, together, so that a body has few pieces.
Result<std::unique_ptr<BatchEncoder>> MakeArrowEncoder(
    const std::shared_ptr<arrow::Schema>& schema);

}  // namespace arrowport::stream
