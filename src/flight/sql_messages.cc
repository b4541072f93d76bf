#include "flight/sql_messages.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <google/protobuf/stubs/logging.h>

namespace arrowport::flight {
namespace {

constexpr std::string_view kUrl = "type.googleapis.com/";
constexpr std::string_view kUrlOfSql = "type.googleapis.com/arrow.flight.protocol.sql.";

}  // namespace

std::optional<PackedMessage> Unpack(std::string_view bytes) {
  // What is broken is told to the client that sent it.
  [[maybe_unused]] static const auto kLogHandler = google::protobuf::SetLogHandler(nullptr);
  // The field that is sent first. Most of what comes is not packed, and this is quick.
  if (bytes.find(kUrlOfSql) == std::string_view::npos) return std::nullopt;
  sql::AnyMessage packed;
  if (!packed.ParseFromString(std::string(bytes))) return std::nullopt;
  if (!packed.type_url().starts_with(kUrlOfSql)) return std::nullopt;
  return PackedMessage{.name = packed.type_url().substr(kUrlOfSql.size()),
                       .value = std::move(*packed.mutable_value())};
}

std::string PackBytes(const std::string& name, std::string value) {
  sql::AnyMessage packed;
  packed.set_type_url(std::string(kUrl) + name);
  packed.set_value(std::move(value));
  return packed.SerializeAsString();
}

}  // namespace arrowport::flight
