#include "http/openapi.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <boost/beast/http/verb.hpp>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "http/embedded_files.h"
#include "http/request.h"
#include "http/routes.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

using Json = nlohmann::ordered_json;
using stream::WireFormat;

constexpr std::string_view kJsonType = "application/json";
constexpr int64_t kLimitMax = INT64_MAX;

Json Reference(std::string_view schema) {
  return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

Json OfBytes() { return {{"type", "string"}, {"contentMediaType", "application/octet-stream"}}; }

std::string LowerMethod(Method method) {
  const auto name = boost::beast::http::to_string(method);
  return ToLower(std::string_view(name.data(), name.size()));
}

// "get_tables_name_data": one name for each route.
std::string OperationId(const Route& route) {
  std::string id = LowerMethod(route.method);
  bool gap = true;
  for (const char c : route.pattern) {
    const bool is_word = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (is_word && gap) id += '_';
    if (is_word) id += c;
    gap = !is_word;
  }
  return route.pattern == "/" ? id + "_root" : id;
}

// "/tables" of "/tables/{name}/data"; "/" alone is of the server.
std::string TagOf(const Route& route) {
  if (route.pattern.find("bulk-read") != std::string_view::npos) return "schemas";
  if (route.pattern.starts_with("/api/v1/schemas")) return "schemas";
  if (route.pattern.starts_with("/exchange")) return "exchange";
  const std::string_view first = route.pattern.substr(1, route.pattern.find('/', 1) - 1);
  for (const std::string_view tag : {"ingest", "query", "streams", "tables"}) {
    if (first == tag) return std::string(tag);
  }
  return "server";
}

Json SchemaOf(RouteParameter::Kind kind) {
  switch (kind) {
    case RouteParameter::Kind::kCount:
      return {{"type", "integer"}, {"minimum", 0}, {"maximum", kLimitMax}};
    case RouteParameter::Kind::kFlag:
      return {{"type", "boolean"}};
    case RouteParameter::Kind::kTimeout:
      return {{"type", "integer"}, {"minimum", 1}, {"maximum", kCallTimeoutMax.count()}};
    case RouteParameter::Kind::kFormat: {
      Json names = Json::array();
      for (const stream::WireFormatTraits& format : stream::WireFormatTable())
        names.push_back(format.name);
      return {{"type", "string"}, {"enum", names}};
    }
    case RouteParameter::Kind::kCompression:
      return {{"type", "string"}, {"enum", {"none", "zstd", "lz4"}}};
    case RouteParameter::Kind::kLetter:
      return {{"type", "string"}, {"pattern", "^[ !#-~]$"}};
    case RouteParameter::Kind::kText:
      break;
  }
  return {{"type", "string"}};
}

Json ParametersOf(const Route& route) {
  Json parameters = Json::array();
  for (size_t begin = route.pattern.find('{'); begin != std::string_view::npos;
       begin = route.pattern.find('{', begin + 1)) {
    const size_t end = route.pattern.find('}', begin);
    parameters.push_back({{"name", route.pattern.substr(begin + 1, end - begin - 1)},
                          {"in", "path"},
                          {"required", true},
                          {"schema", {{"type", "string"}, {"minLength", 1}}}});
  }
  for (const RouteParameter& parameter : route.parameters) {
    parameters.push_back({{"name", parameter.name},
                          {"in", "query"},
                          {"required", parameter.required},
                          {"description", parameter.summary},
                          {"schema", SchemaOf(parameter.kind)}});
  }
  return parameters;
}

// The forms of a put, each by its own name.
Json PutContent() {
  Json content;
  for (const stream::WireFormatTraits& format : stream::WireFormatTable()) {
    content[format.media_type]["schema"] = OfBytes();
    if (format.media_type == kJsonType) {
      content[kJsonType]["schema"] = {{"type", {"array", "object"}},
                                      {"items", {{"type", "object"}}}};
    }
  }
  return content;
}

Json BodyOf(const Route& route) {
  Json content;
  switch (route.body) {
    case RouteBody::kNone:
      return nullptr;
    case RouteBody::kRows:
      return {{"required", true}, {"content", PutContent()}};
    case RouteBody::kArrowStream:
      content["application/vnd.apache.arrow.stream"]["schema"] = OfBytes();
      break;
    case RouteBody::kJsonPut:
      content[kJsonType]["schema"] = Reference("JsonPut");
      break;
    case RouteBody::kStatement:
      content[kJsonType]["schema"] = Reference("Statement");
      content["application/sql"]["schema"] = {{"type", "string"}, {"minLength", 1}};
      content["text/plain"]["schema"] = {{"type", "string"}, {"minLength", 1}};
      break;
    case RouteBody::kSchema:
      content[kJsonType]["schema"] = Reference("SchemaDefinition");
      break;
  }
  return {{"required", true}, {"content", content}};
}

Json OfFormat(WireFormat format) {
  Json content;
  content[stream::TraitsOf(format).media_type]["schema"] = OfBytes();
  return content;
}

Json RowsContent() {
  Json content;
  for (const stream::WireFormatTraits& format : stream::WireFormatTable()) {
    const bool is_text = format.media_type.starts_with("text/");
    content[format.media_type]["schema"] = is_text ? Json{{"type", "string"}} : OfBytes();
    if (format.media_type == kJsonType) {
      content[kJsonType]["schema"] = {{"type", "array"}, {"items", {{"type", "object"}}}};
    }
  }
  return content;
}

Json ContentOf(const Route& route) {
  Json content;
  switch (route.answer) {
    case RouteAnswer::kJson:
      content[kJsonType]["schema"] = Reference(route.answer_schema);
      return content;
    case RouteAnswer::kRows:
      return RowsContent();
    case RouteAnswer::kParquetFile:
      return OfFormat(WireFormat::kParquet);
    case RouteAnswer::kArrowFile:
      return OfFormat(WireFormat::kArrowFile);
    case RouteAnswer::kText:
      content["text/plain"]["schema"] = {{"type", "string"}};
      return content;
    case RouteAnswer::kPage:
      for (const char* type : {"text/html", "text/javascript", "text/css", "image/png"}) {
        content[type]["schema"] = OfBytes();
      }
      return content;
    case RouteAnswer::kNothing:
      break;
  }
  return nullptr;
}

Json Response(std::string_view description, Json content) {
  Json response = {{"description", description}};
  if (!content.is_null()) response["content"] = std::move(content);
  return response;
}

bool IsFile(const Route& route) {
  return route.answer == RouteAnswer::kParquetFile || route.answer == RouteAnswer::kArrowFile;
}

Json ResponsesOf(const Route& route) {
  const Json problem = {{"$ref", "#/components/responses/Problem"}};
  Json responses;
  const bool nothing = route.answer == RouteAnswer::kNothing;
  responses[nothing ? "204" : "200"] = Response(nothing ? "Done." : "Served.", ContentOf(route));
  if (route.may_create) responses["201"] = Response("Made.", ContentOf(route));
  if (IsFile(route)) responses["206"] = Response("The range that was asked for.", ContentOf(route));
  if (IsFile(route) || route.verb == "bulk_read") {
    responses["304"] = Response("The client has it already (If-None-Match).", nullptr);
  }
  responses["4XX"] = problem;
  responses["5XX"] = problem;
  return responses;
}

Json Operation(const Route& route) {
  Json operation = {
      {"operationId", OperationId(route)}, {"summary", route.summary}, {"tags", {TagOf(route)}}};
  if (Json parameters = ParametersOf(route); !parameters.empty()) {
    operation["parameters"] = std::move(parameters);
  }
  if (Json body = BodyOf(route); !body.is_null()) operation["requestBody"] = std::move(body);
  operation["responses"] = ResponsesOf(route);
  return operation;
}

Json Tags() {
  return {
      {{"name", "ingest"}, {"description", "Rows in."}},
      {{"name", "query"}, {"description", "SQL in, rows out."}},
      {{"name", "exchange"}, {"description", "SQL over rows that come in, with rows going back."}},
      {{"name", "tables"}, {"description", "Tables and views, whole or in part."}},
      {{"name", "streams"}, {"description", "What was put where."}},
      {{"name", "schemas"}, {"description", "Rows in the shape that clients agreed on."}},
      {{"name", "server"}, {"description", "The server itself."}}};
}

}  // namespace

Json DescribeRoutes(std::span<const Route> table, std::string_view version) {
  Json paths = Json::object();
  for (const Route& route : table) {
    paths[std::string(route.pattern)][LowerMethod(route.method)] = Operation(route);
  }
  Json problem = Response("Refused, or failed: the document says why.", nullptr);
  problem["content"]["application/problem+json"]["schema"] = Reference("Problem");
  return {{"openapi", "3.1.1"},
          {"info",
           {{"title", "arrowport"},
            {"version", version},
            {"description",
             "Arrow in, Arrow out: lands Arrow streams in DuckDB, and serves tables and queries "
             "back. GET routes answer HEAD too."},
            {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
          {"servers", {{{"url", "/"}}}},
          // Nobody has to say who they are yet.
          {"security", Json::array()},
          {"tags", Tags()},
          {"paths", std::move(paths)},
          {"components",
           {{"schemas", Json::parse(OpenApiSchemasFile())},
            {"responses", {{"Problem", std::move(problem)}}}}}};
}

}  // namespace arrowport::http
