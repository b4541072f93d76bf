#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/buffer.h>
#include <arrow/flight/types.h>

#include "base/error.h"
#include "rpc/stream.h"
#include "stream/message_encoder.h"

namespace arrowport::flight {

// The messages that Arrow's library does not read or write for others: FlightData here, since it is
// not to be copied, and the small ones of flight_wire.proto.
// https://arrow.apache.org/docs/format/Flight.html#protocol-buffer-definitions

/// A FlightData. What is not there is null; buffers are parts of the message that was read.
struct FlightData {
  std::optional<arrow::flight::FlightDescriptor> descriptor;
  std::shared_ptr<arrow::Buffer> header;        ///< Of a message of an IPC stream.
  std::shared_ptr<arrow::Buffer> app_metadata;  ///< What a client says with it.
  std::shared_ptr<arrow::Buffer> body;
};

/// \return kInvalidInput for bytes that are none.
Result<FlightData> ReadFlightData(const std::shared_ptr<arrow::Buffer>& message);

/// Where the body of a FlightData lies that begins like this; 0 where that cannot be seen.
size_t FindBody(std::string_view beginning);

/// `message` as a FlightData, which shares its body.
rpc::Message WriteFlightData(stream::EncodedMessage message);

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

/// What the client of a put is told: a PutResult with that metadata.
std::shared_ptr<arrow::Buffer> WritePutResult(std::string metadata);

}  // namespace arrowport::flight
