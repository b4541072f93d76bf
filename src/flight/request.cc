#include "flight/request.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "flight/json_values.h"
#include "service/exchangers.h"
#include "service/put.h"
#include "service/query_parameters.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightDescriptor;
using Json = nlohmann::json;

// More streams than any machine has cores for.
constexpr int kEndpointsMax = 256;

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

bool LooksLikeJson(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

Result<Json> ParseObject(std::string_view text, std::string_view what) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  return Invalid(std::string(what) + " begins like JSON and is not a valid JSON object");
}

Result<std::string> JoinPath(const FlightDescriptor& descriptor) {
  std::string joined;
  for (const std::string& part : descriptor.path) {
    if (part.empty()) return Invalid("the descriptor's path has an empty part");
    if (!joined.empty()) joined += '.';
    joined += part;
  }
  if (joined.empty()) return Invalid("the descriptor's path is empty; it names the table");
  return joined;
}

Status ReadEndpoints(const Json& value, ReadRequest& request) {
  if (!value.is_number_integer() || value < 1 || value > kEndpointsMax) {
    return Invalid("\"endpoints\" must be a whole number from 1 to " +
                   std::to_string(kEndpointsMax));
  }
  request.endpoints = value.get<int>();
  return Status::OK();
}

Status ReadText(std::string_view key, const Json& value, std::string* text) {
  if (!value.is_string() || IsBlank(value.get_ref<const std::string&>())) {
    return Invalid("\"" + std::string(key) + "\" must be a string that is not empty");
  }
  *text = value.get<std::string>();
  return Status::OK();
}

Status ReadFlag(std::string_view key, const Json& value, bool* flag) {
  if (!value.is_boolean()) return Invalid("\"" + std::string(key) + "\" must be true or false");
  *flag = value.get<bool>();
  return Status::OK();
}

Status ReadKey(const std::string& key, const Json& value, ReadRequest& request) {
  if (key == "sql") return ReadText(key, value, &request.statement.sql);
  if (key == "table") return ReadText(key, value, &request.table);
  if (key == "params") {
    return service::ReadParameters(value).Value(&request.statement.parameters);
  }
  if (key == "timeout_ms") return ReadTimeout(value).Value(&request.timeout);
  if (key == "endpoints") return ReadEndpoints(value, request);
  if (key == "ordered") return ReadFlag(key, value, &request.options.ordered);
  if (key == "retain") return ReadFlag(key, value, &request.retain);
  return Invalid("unknown key \"" + key +
                 "\"; known are \"sql\", \"params\", \"ordered\", \"endpoints\", \"retain\", "
                 "\"timeout_ms\" and \"table\"");
}

Result<ExchangeRequest> ReadJsonExchange(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const Json json, ParseObject(text, "the command"));
  ExchangeRequest exchange;
  ReadRequest request;
  for (const auto& [key, value] : json.items()) {
    if (key == "as") {
      ARROW_RETURN_NOT_OK(ReadText(key, value, &exchange.options.input_name));
    } else if (key == "exchanger") {
      ARROW_RETURN_NOT_OK(ReadText(key, value, &exchange.exchanger));
    } else if (key == "table" || key == "endpoints" || key == "retain") {
      return Invalid("\"" + key + "\" has no meaning for an exchange; it has \"sql\" and \"as\"");
    } else {
      ARROW_RETURN_NOT_OK(ReadKey(key, value, request));
    }
  }
  if (request.statement.sql.empty() == exchange.exchanger.empty()) {
    return Invalid("the command must have either \"sql\" or \"exchanger\"");
  }
  if (!exchange.exchanger.empty() && json.contains("as")) {
    return Invalid("\"as\" belongs to \"sql\"; an exchanger calls the stream input");
  }
  exchange.statement = std::move(request.statement);
  exchange.options.ordered = request.options.ordered;
  exchange.timeout = request.timeout;
  return exchange;
}

Result<ReadRequest> ReadJsonRequest(std::string_view text) {
  ReadRequest request;
  ARROW_ASSIGN_OR_RAISE(const Json json, ParseObject(text, "the request"));
  for (const auto& [key, value] : json.items()) {
    ARROW_RETURN_NOT_OK(ReadKey(key, value, request));
  }
  if (request.table.empty() == request.statement.sql.empty()) {
    return Invalid("the request must have either \"sql\" or \"table\"");
  }
  if (!request.table.empty() && !request.statement.parameters.empty()) {
    return Invalid("\"params\" belong to \"sql\"; a \"table\" has none");
  }
  return request;
}

Status ReadWholeNumber(const char* key, const Json& json, int64_t* number) {
  if (!json.contains(key)) return Status::OK();
  if (!json[key].is_number_integer()) {
    return Invalid("\"" + std::string(key) + "\" must be a whole number");
  }
  *number = json[key].get<int64_t>();
  return Status::OK();
}

Result<service::ProducerStamp> ReadStamp(const Json& json) {
  service::ProducerStamp stamp;
  if (!json.contains("producer")) {
    if (!json.contains("sequence")) return stamp;
    return Invalid("\"sequence\" belongs to a \"producer\", and there is none");
  }
  ARROW_RETURN_NOT_OK(ReadText("producer", json["producer"], &stamp.producer));
  ARROW_RETURN_NOT_OK(ReadWholeNumber("sequence", json, &stamp.sequence));
  ARROW_RETURN_NOT_OK(ReadWholeNumber("epoch", json, &stamp.epoch));
  return stamp;
}

Status ReadCommit(const Json& json, PutCommand& request) {
  const bool each_has_its_sequence = request.stamp.is_set() && !json.contains("sequence");
  if (each_has_its_sequence) request.commit_rows = 0;
  if (!json.contains("commit")) return Status::OK();
  const Json& commit = json["commit"];
  if (commit == Json("batch")) {
    request.commit_rows = 0;
    return Status::OK();
  }
  if (!commit.is_number_integer() || commit < 1) {
    return Invalid("\"commit\" must be \"batch\", or a number of rows");
  }
  if (each_has_its_sequence) {
    return Invalid(
        "a \"producer\" that commits by rows needs the \"sequence\" of the first commit");
  }
  request.commit_rows = commit.get<int64_t>();
  return Status::OK();
}

Status ReadPart(const Json& json, PutCommand& request) {
  if (json.contains("ingest") != json.contains("part")) {
    return Invalid("\"ingest\" and \"part\" belong together, and one is missing");
  }
  if (!json.contains("ingest")) return Status::OK();
  if (request.commit_rows.has_value()) {
    return Invalid("a \"part\" lands with its ingest, so it has no \"commit\"");
  }
  ARROW_RETURN_NOT_OK(ReadText("ingest", json["ingest"], &request.ingest));
  return ReadText("part", json["part"], &request.part);
}

}  // namespace

Result<PutCommand> ReadPut(const FlightDescriptor& descriptor) {
  PutCommand request;
  if (descriptor.type == FlightDescriptor::PATH) {
    ARROW_ASSIGN_OR_RAISE(request.stream, JoinPath(descriptor));
    return request;
  }
  if (descriptor.type != FlightDescriptor::CMD || IsBlank(descriptor.cmd)) {
    return Invalid(
        "the descriptor names no stream; send a path, or as command a name or "
        "{\"stream_name\": \"…\"}");
  }
  if (!LooksLikeJson(descriptor.cmd)) {
    request.stream = descriptor.cmd;
    return request;
  }
  ARROW_ASSIGN_OR_RAISE(const Json json, ParseObject(descriptor.cmd, "the descriptor's command"));
  if (!json.contains("stream_name")) {
    return Invalid("the descriptor's JSON command has no \"stream_name\"");
  }
  ARROW_RETURN_NOT_OK(ReadText("stream_name", json["stream_name"], &request.stream));
  ARROW_ASSIGN_OR_RAISE(request.stamp, ReadStamp(json));
  ARROW_RETURN_NOT_OK(ReadCommit(json, request));
  ARROW_RETURN_NOT_OK(ReadPart(json, request));
  return request;
}

Result<PutNote> ReadPutNote(std::string_view metadata) {
  PutNote note;
  const Json json = Json::parse(metadata, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return note;
  if (json.contains("sequence")) {
    int64_t sequence = 0;
    ARROW_RETURN_NOT_OK(ReadWholeNumber("sequence", json, &sequence));
    note.sequence = sequence;
  }
  if (json.contains("commit")) {
    ARROW_RETURN_NOT_OK(ReadFlag("commit", json["commit"], &note.commit));
  }
  return note;
}

Result<ReadRequest> ReadTicket(std::string_view ticket) {
  if (IsBlank(ticket)) {
    return Invalid("the ticket is empty; send SQL, or a ticket of GetFlightInfo");
  }
  if (LooksLikeJson(ticket)) return ReadJsonRequest(ticket);
  ReadRequest request;
  request.statement.sql = ticket;
  return request;
}

Result<ReadRequest> ReadDescriptor(const FlightDescriptor& descriptor) {
  if (descriptor.type == FlightDescriptor::CMD) return ReadTicket(descriptor.cmd);
  ReadRequest request;
  ARROW_ASSIGN_OR_RAISE(request.table, JoinPath(descriptor));
  return request;
}

Result<ExchangeRequest> ReadExchange(const FlightDescriptor& descriptor) {
  std::string command = descriptor.cmd;
  if (descriptor.type == FlightDescriptor::PATH) {
    ARROW_ASSIGN_OR_RAISE(command, JoinPath(descriptor));
  }
  if (IsBlank(command)) {
    return Invalid("the exchange has no command; send SQL that reads from input");
  }
  if (LooksLikeJson(command)) return ReadJsonExchange(command);
  ExchangeRequest exchange;
  if (service::IsExchangerName(command)) exchange.exchanger = command;
  exchange.statement.sql = command;
  return exchange;
}

std::string TicketOfTable(std::string_view table) {
  // A table's name may be any bytes; what is not UTF-8 could not be asked for in JSON.
  return Json{{"table", table}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace arrowport::flight
