#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/buffer.h>
#include <arrow/flight/transport.h>

#include "base/error.h"

namespace arrowport::flight {

// The messages of Flight.proto that Arrow's library does not read or write for others
// (https://arrow.apache.org/docs/format/Flight.html#protocol-buffer-definitions).

/// A FlightData; its buffers are parts of `message`. kInvalidInput for bytes that are none.
Result<arrow::flight::internal::FlightData> ReadFlightData(
    const std::shared_ptr<arrow::Buffer>& message);

/// Where the body of a FlightData lies that begins like this; 0 where that cannot be seen.
size_t FindBody(std::string_view beginning);

/// A PutResult.
std::shared_ptr<arrow::Buffer> WritePutResult(const arrow::Buffer& metadata);

/// The field `number`, of bytes or text, of a message of type `name`; empty when there is none.
/// kInvalidInput for bytes that are no message.
Result<std::string> ReadBytesField(const std::string& name, std::string_view message, int number);

/// The payload of a HandshakeRequest. kInvalidInput for bytes that are none.
Result<std::string> ReadHandshake(std::string_view message);

/// A HandshakeResponse.
std::shared_ptr<arrow::Buffer> WriteHandshake(std::string_view payload);

}  // namespace arrowport::flight
