#include "client/wire_json.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "client/client.h"

namespace arrowport::client {
namespace {

using Json = nlohmann::json;

constexpr size_t kExcerptBytes = 200;

std::string Excerpt(std::string_view text) { return std::string(text.substr(0, kExcerptBytes)); }

Status Unexpected(std::string_view what, std::string_view text) {
  return MakeError(ErrorKind::kInternal, "the server's answer is no " + std::string(what) + ": '" +
                                             Excerpt(text) + "'; is it an arrowport server?");
}

Json Parse(std::string_view text) { return Json::parse(text, nullptr, /*allow_exceptions=*/false); }

std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int64_t Integer(const Json& object, const char* key, int64_t otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : otherwise;
}

// The objects in the array that `key` of the document holds.
Result<std::vector<Json>> Rows(std::string_view text, const char* key, std::string_view what) {
  const Json json = Parse(text);
  if (!json.is_object()) return Unexpected(what, text);
  const auto array = json.find(key);
  if (array == json.end() || !array->is_array()) return Unexpected(what, text);
  for (const Json& row : *array) {
    if (!row.is_object()) return Unexpected(what, text);
  }
  return std::vector<Json>(array->begin(), array->end());
}

}  // namespace

Result<std::string> QueryJson(const QueryRequest& request) {
  Json json = {{"sql", request.sql}};
  if (!request.params_json.empty()) {
    json["params"] = Parse(request.params_json);
    if (!json["params"].is_array()) {
      return MakeError(ErrorKind::kInvalidInput,
                       "the parameters '" + Excerpt(request.params_json) +
                           "' are no JSON array; write for example [1, \"two\", null]");
    }
  }
  if (!request.ordered) json["ordered"] = false;
  if (request.parallel && request.endpoints > 0) json["endpoints"] = request.endpoints;
  if (request.timeout) json["timeout_ms"] = request.timeout->count();
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string PutCommandJson(std::string_view stream, const ProducerStamp& stamp) {
  const Json json = {{"stream_name", stream},
                     {"producer", stamp.producer},
                     {"sequence", stamp.sequence},
                     {"epoch", stamp.epoch}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string OpenPutCommandJson(std::string_view stream) {
  const Json json = {{"stream_name", stream}, {"commit", "batch"}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Status CheckStamp(const ProducerStamp& stamp) {
  const bool is_visible =
      std::ranges::all_of(stamp.producer, [](char c) { return c > ' ' && c <= '~'; });
  if (is_visible) return Status::OK();
  return MakeError(ErrorKind::kInvalidInput, "the producer's name '" + stamp.producer +
                                                 "' has other characters than visible ASCII");
}

Result<PutAnswer> ParsePutAnswer(std::string_view text) {
  const Json json = Parse(text);
  if (!json.is_object() ||
      (Text(json, "status") != "success" && Text(json, "status") != "skipped")) {
    return Unexpected("answer to a put", text);
  }
  PutAnswer answer{.stream = Text(json, "stream"),
                   .table = Text(json, "table"),
                   .rows = Integer(json, "rows_processed", 0),
                   .batches = Integer(json, "batches", 0),
                   .bytes = Integer(json, "bytes", 0)};
  const auto seconds = json.find("seconds");
  if (seconds != json.end() && seconds->is_number()) answer.seconds = seconds->get<double>();
  const auto duplicate = json.find("duplicate");
  answer.duplicate = duplicate != json.end() && *duplicate == Json(true);
  return answer;
}

Result<int64_t> ParseCommittedRows(std::string_view text) {
  const Json json = Parse(text);
  const bool is_commit = json.is_object() && json.contains("committed_rows");
  if (!is_commit) return Unexpected("acknowledgement of a commit", text);
  return Integer(json, "committed_rows", 0);
}

Result<std::vector<TableSummary>> ParseTables(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const auto rows, Rows(text, "tables", "list of tables"));
  std::vector<TableSummary> tables;
  tables.reserve(rows.size());
  for (const Json& row : rows) {
    tables.push_back({.name = Text(row, "table"), .rows = Integer(row, "rows", -1)});
  }
  return tables;
}

Result<std::vector<StreamSummary>> ParseStreams(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const auto rows, Rows(text, "streams", "list of streams"));
  std::vector<StreamSummary> streams;
  streams.reserve(rows.size());
  for (const Json& row : rows) {
    streams.push_back({.name = Text(row, "stream"),
                       .table = Text(row, "table"),
                       .rule = Text(row, "rule"),
                       .puts = Integer(row, "puts", 0),
                       .rows = Integer(row, "rows", 0),
                       .bytes = Integer(row, "bytes", 0),
                       .puts_failed = Integer(row, "puts_failed", 0),
                       .puts_pending = Integer(row, "puts_pending", 0),
                       .lag_ms = Integer(row, "lag_ms", 0),
                       .last_error = Text(row, "last_error")});
  }
  return streams;
}

Status ParseProblem(int http_status, std::string_view body) {
  const ErrorKind kind = KindOfHttpStatus(http_status);
  const Json json = Parse(body);
  if (json.is_object()) {
    const std::string detail = Text(json, "detail");
    if (!detail.empty()) return MakeError(kind, detail);
    const std::string title = Text(json, "title");
    if (!title.empty()) return MakeError(kind, title);
  }
  return MakeError(kind, "HTTP status " + std::to_string(http_status) +
                             (body.empty() ? std::string() : ": " + Excerpt(body)));
}

}  // namespace arrowport::client
