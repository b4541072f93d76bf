#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/buffer.h>
#include <arrow/flight/transport.h>

#include "base/error.h"

namespace arrowport::flight {

// The messages that Arrow's library does not read or write for others: FlightData here, since it is
// not to be copied, and the small ones of flight_wire.proto.

/// A FlightData; its buffers are parts of `message`. kInvalidInput for bytes that are none.
Result<arrow::flight::internal::FlightData> ReadFlightData(
    const std::shared_ptr<arrow::Buffer>& message);

/// Where the body of a FlightData lies that begins like this; 0 where that cannot be seen.
size_t FindBody(std::string_view beginning);

/// kInvalidInput for bytes that are no message of type `name`.
Status BrokenMessage(const std::string& name);

/// Reads a message of flight_wire.proto. kInvalidInput for bytes that are none.
template <typename Message>
Result<Message> ReadWire(std::string_view bytes) {
  Message message;
  const bool is_one = message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (is_one) return message;
  const std::string name = message.GetTypeName();
  return BrokenMessage(name.substr(name.rfind('.') + 1));
}

/// The bytes of a message of flight_wire.proto.
template <typename Message>
std::shared_ptr<arrow::Buffer> WriteWire(const Message& message) {
  return arrow::Buffer::FromString(message.SerializeAsString());
}

}  // namespace arrowport::flight
