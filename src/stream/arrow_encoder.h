#pragma once

#include <memory>

#include <arrow/ipc/options.h>
#include <arrow/type.h>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {

/// How Arrow's writers are to write: see MakeArrowEncoder.
Result<arrow::ipc::IpcWriteOptions> WriteOptionsOf(const EncodeOptions& options);

/// The encoder of WireFormat::kArrowStream and kArrowFile. Without compression the buffers of a
/// batch go out as they are; only message headers and small buffers are copied, together, so that
/// a body has few pieces. With compression the calling thread waits until Arrow's CPU threads have
/// compressed the buffers of a batch, side by side; one that would shrink by less than a twentieth
/// goes out as it is.
///
/// A file has one dictionary for each column: it may grow from batch to batch, and one that is
/// another is an error.
Result<std::unique_ptr<BatchEncoder>> MakeArrowEncoder(
    const EncodeOptions& options, const std::shared_ptr<arrow::Schema>& schema);

}  // namespace arrowport::stream
