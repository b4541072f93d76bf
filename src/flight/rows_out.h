#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "engine/result_stream.h"
#include "flight/flight_call.h"
#include "net/socket.h"
#include "rpc/stream.h"
#include "stream/batch_encoder.h"

namespace arrowport::flight {

/// The header of a call that asks for compressed buffers: zstd, lz4 or none.
inline constexpr char kCompressionHeader[] = "x-arrowport-compression";

/// How the client wishes to have its batches.
/// \return kInvalidInput for a compression that there is none of.
Result<stream::Compression> CompressionOf(const rpc::Request& request);

/// Sends `rows` to the client: their schema, and each batch as soon as it is there and the one
/// before it has nearly gone. On a failure the query is cancelled, and over when this returns.
net::Awaitable<Status> SendRows(FlightCall& call, std::shared_ptr<engine::ResultStream> rows,
                                stream::Compression compression);

}  // namespace arrowport::flight
