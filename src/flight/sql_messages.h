#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "flight/flight_data.h"
#include "flight/flight_sql.pb.h"

namespace arrowport::flight {

namespace sql = arrow::flight::protocol::sql;

/// A message of Flight SQL as clients pack it: google.protobuf.Any.
struct PackedMessage {
  std::string name;   ///< "CommandStatementQuery"
  std::string value;  ///< Its bytes.
};

/// What `bytes`, a command, a ticket or the body of an action, packs. Nothing when that is no
/// message of Flight SQL, so that it is one of ours.
std::optional<PackedMessage> Unpack(std::string_view bytes);

/// Whether `packed` is a `Message`.
template <typename Message>
bool Is(const PackedMessage& packed) {
  constexpr std::string_view kPackage = "arrow.flight.protocol.sql.";
  return Message().GetTypeName().substr(kPackage.size()) == packed.name;
}

/// Reads `packed`, which Is a `Message`. kInvalidInput for bytes that are none.
template <typename Message>
Result<Message> Parse(const PackedMessage& packed) {
  Message message;
  if (message.ParseFromString(packed.value)) return message;
  return BrokenMessage(packed.name);
}

/// The body of an action that is to have a `Message`. kInvalidInput for anything else.
template <typename Message>
Result<Message> ParseBody(std::string_view body) {
  const auto packed = Unpack(body);
  if (packed && Is<Message>(*packed)) return Parse<Message>(*packed);
  return MakeError(ErrorKind::kInvalidInput, "the body is not a packed " + Message().GetTypeName());
}

/// `value`, the bytes of a message of type `name`, packed.
std::string PackBytes(const std::string& name, std::string value);

template <typename Message>
std::string Pack(const Message& message) {
  return PackBytes(message.GetTypeName(), message.SerializeAsString());
}

}  // namespace arrowport::flight
