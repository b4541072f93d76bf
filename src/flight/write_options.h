#pragma once

#include <arrow/flight/server.h>
#include <arrow/ipc/options.h>

#include "base/error.h"

namespace arrowport::flight {

/// The header of a call that asks for compressed buffers: zstd, lz4 or none.
inline constexpr char kCompressionHeader[] = "x-arrowport-compression";

/// How the client of `context` wishes to have its batches.
/// \return kInvalidInput for a compression that there is none of.
Result<arrow::ipc::IpcWriteOptions> WriteOptionsOf(const arrow::flight::ServerCallContext& context);

}  // namespace arrowport::flight
