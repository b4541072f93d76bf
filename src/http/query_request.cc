#include "http/query_request.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/media_type.h"
#include "http/parameters.h"
#include "http/request.h"
#include "http/target.h"
#include "service/query_parameters.h"

namespace arrowport::http {
namespace {

using Json = nlohmann::json;

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

Status ReadTimeout(const Json& value, QueryRequest* request) {
  if (!value.is_number_unsigned() || value < 1 || value > kCallTimeoutMax.count()) {
    return Invalid("'timeout_ms' must be an integer from 1 to " +
                   std::to_string(kCallTimeoutMax.count()));
  }
  request->timeout = std::chrono::milliseconds(value.get<int64_t>());
  return Status::OK();
}

Status ReadKey(const std::string& key, const Json& value, QueryRequest* request) {
  if (key == "sql") {
    if (!value.is_string()) return Invalid("'sql' must be a string");
    request->statement.sql = value.get<std::string>();
    return Status::OK();
  }
  if (key == "params") {
    return service::ReadParameters(value).Value(&request->statement.parameters);
  }
  if (key == "timeout_ms") return ReadTimeout(value, request);
  if (key == "ordered") {
    if (!value.is_boolean()) return Invalid("'ordered' must be true or false");
    request->options.ordered = value.get<bool>();
    return Status::OK();
  }
  return Invalid("key '" + key + "' is not known; there are sql, params, ordered, timeout_ms");
}

Status ReadJson(std::string_view body, QueryRequest* request) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return Invalid("the body is not valid JSON");
  if (!json.is_object()) return Invalid("the body must be a JSON object with the key 'sql'");
  for (const auto& [key, value] : json.items()) {
    ARROW_RETURN_NOT_OK(ReadKey(key, value, request));
  }
  return Status::OK();
}

bool IsSqlText(std::string_view type) {
  return IsUnsaid(type) || type == "application/sql" || type == "text/plain";
}

Status CheckHasSql(const QueryRequest& request) {
  const std::string& sql = request.statement.sql;
  if (sql.find_first_not_of(" \t\r\n;") != std::string::npos) return Status::OK();
  return Invalid("there is no SQL in the request");
}

}  // namespace

Result<QueryRequest> ReadQueryRequest(std::string_view content_type, std::string body) {
  QueryRequest request;
  const std::string type = EssenceOf(content_type);
  if (type == "application/json") {
    ARROW_RETURN_NOT_OK(ReadJson(body, &request));
  } else if (IsSqlText(type)) {
    if (!IsUtf8(body)) return Invalid("the SQL text is not UTF-8");
    request.statement.sql = std::move(body);
  } else {
    return CheckQueryType(content_type);
  }
  ARROW_RETURN_NOT_OK(CheckHasSql(request));
  return request;
}

Status CheckQueryType(std::string_view content_type) {
  const std::string type = EssenceOf(content_type);
  if (type == "application/json" || IsSqlText(type)) return Status::OK();
  return MakeError(ErrorKind::kUnsupportedMedia,
                   "Content-Type '" + type +
                       "' is no form of a query; send application/sql, text/plain or "
                       "application/json");
}

Result<QueryRequest> ReadQueryTarget(const Target& target) {
  const auto sql = target.Parameter("sql");
  if (!sql.has_value()) return Invalid("the query parameter 'sql' is missing");
  QueryRequest request;
  request.statement.sql = *sql;
  request.options.read_only = true;
  ARROW_ASSIGN_OR_RAISE(request.options.ordered, BoolParameter(target, "ordered", true));
  ARROW_ASSIGN_OR_RAISE(request.timeout, ReadTimeout(target));
  ARROW_RETURN_NOT_OK(CheckHasSql(request));
  return request;
}

Result<std::optional<std::chrono::milliseconds>> ReadTimeout(const Target& target) {
  ARROW_ASSIGN_OR_RAISE(
      const auto number,
      NumberParameter(target, "timeout_ms", {.min = 1, .max = kCallTimeoutMax.count()}));
  if (!number.has_value()) return std::nullopt;
  return std::chrono::milliseconds(*number);
}

}  // namespace arrowport::http
