#include "http/routes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/beast/http/verb.hpp>

#include "base/error.h"
#include "http/handlers.h"
#include "http/parameters.h"
#include "http/request.h"
#include "http/target.h"

namespace arrowport::http {
namespace {

using Kind = RouteParameter::Kind;

constexpr RouteParameter kFormat = {"format", Kind::kFormat,
                                    "the form of the rows; goes before Accept"};
constexpr RouteParameter kCompression = {"compression", Kind::kCompression,
                                         "of Arrow buffers or Parquet pages; goes before Accept"};
constexpr RouteParameter kOrdered = {"ordered", Kind::kFlag,
                                     "false: rows in any order, which may be faster"};
constexpr RouteParameter kTimeout = {"timeout_ms", Kind::kTimeout,
                                     "ends the call after this many milliseconds"};
constexpr RouteParameter kLimit = {"limit", Kind::kCount, "this many rows at most"};
constexpr RouteParameter kColumns = {"columns", Kind::kText, "names with commas between"};

constexpr std::array kPutParameters = {
    RouteParameter{"format", Kind::kFormat, "the form of the body; goes before Content-Type"},
    RouteParameter{"header", Kind::kFlag, "of CSV; false: its first row is one of values"},
    RouteParameter{"delimiter", Kind::kLetter, "of CSV, between two values"}};
constexpr std::array kBeginParameters = {
    RouteParameter{"lifetime_ms", Kind::kCount, "without a new part, before it is forgotten"}};
constexpr std::array kCommitParameters = {
    RouteParameter{"parts", Kind::kCount, "refused unless there are so many"}};
constexpr std::array kRowsForm = {kFormat, kCompression};
constexpr std::array kQueryParameters = {
    RouteParameter{"sql", Kind::kText, "one statement that only reads", true}, kFormat,
    kCompression, kOrdered, kTimeout};
constexpr std::array kTableParameters = {
    kColumns,
    RouteParameter{"where", Kind::kText, "one SQL expression: rows for which it is true"},
    RouteParameter{"order_by", Kind::kText, "as behind ORDER BY"},
    kLimit,
    RouteParameter{"offset", Kind::kCount, "without this many rows first"},
    kFormat,
    kCompression,
    kOrdered,
    kTimeout};
constexpr std::array kExchangeParameters = {
    RouteParameter{"sql", Kind::kText, "one statement that reads from input, which is the body"},
    RouteParameter{"name", Kind::kText, "of an exchanger, in place of sql"},
    RouteParameter{"as", Kind::kText, "what sql calls the body instead of input"},
    kFormat,
    kCompression,
    kOrdered,
    kTimeout};
constexpr std::array kFileParameters = {kTimeout};
constexpr std::array kBulkReadParameters = {
    kColumns,     RouteParameter{"filter", Kind::kText, "one SQL expression over the fields"},
    kLimit,       kFormat,
    kCompression, kOrdered,
    kTimeout};

constexpr std::array kRoutes = {
    Route{.method = Method::post,
          .pattern = "/ingest/{stream}",
          .verb = "put",
          .summary = "land Arrow, Parquet, CSV or JSON in the stream's table, in one transaction",
          .handler = Ingest,
          .answer_schema = "PutSummary",
          .body = RouteBody::kRows,
          .parameters = kPutParameters},
    Route{.method = Method::post,
          .pattern = "/ingest/{stream}/parts",
          .verb = "begin_ingest",
          .summary = "begin an ingest in parts, which land together in one transaction",
          .handler = BeginIngest,
          .answer_schema = "StagedIngest",
          .parameters = kBeginParameters,
          .may_create = true},
    Route{.method = Method::get,
          .pattern = "/ingest/{stream}/parts",
          .verb = "list_ingests",
          .summary = "those that are neither committed nor aborted",
          .handler = ListIngests,
          .answer_schema = "StagedIngestList"},
    Route{.method = Method::put,
          .pattern = "/ingest/{stream}/parts/{ingest}/{part}",
          .verb = "put_part",
          .summary = "stage a part on disk, in place of what was sent under its name before",
          .handler = IngestPart,
          .answer_schema = "PartSummary",
          .body = RouteBody::kRows,
          .parameters = kPutParameters},
    Route{.method = Method::get,
          .pattern = "/ingest/{stream}/parts/{ingest}",
          .verb = "describe_ingest",
          .summary = "the parts that are staged",
          .handler = DescribeIngest,
          .answer_schema = "StagedIngest"},
    Route{.method = Method::post,
          .pattern = "/ingest/{stream}/parts/{ingest}",
          .verb = "commit_ingest",
          .summary = "land all parts, once, however often it is asked for",
          .handler = CommitIngest,
          .answer_schema = "PutSummary",
          .parameters = kCommitParameters},
    Route{.method = Method::delete_,
          .pattern = "/ingest/{stream}/parts/{ingest}",
          .verb = "abort_ingest",
          .summary = "forget all parts",
          .handler = AbortIngest,
          .answer = RouteAnswer::kNothing},
    Route{.method = Method::post,
          .pattern = "/stream/{stream}",
          .verb = "put_json",
          .summary = "the same for an Arrow IPC stream in JSON, as the first Arrowport took it",
          .handler = IngestJson,
          .answer_schema = "JsonPutSummary",
          .body = RouteBody::kJsonPut},
    Route{.method = Method::post,
          .pattern = "/query",
          .verb = "query",
          .summary = "run SQL; the rows as Arrow, Parquet, JSON, NDJSON or CSV (Accept, ?format=)",
          .handler = Query,
          .answer = RouteAnswer::kRows,
          .body = RouteBody::kStatement,
          .parameters = kRowsForm},
    Route{.method = Method::get,
          .pattern = "/query",
          .verb = "query",
          .summary = "the same for ?sql= that only reads",
          .handler = QueryByAddress,
          .answer = RouteAnswer::kRows,
          .parameters = kQueryParameters},
    Route{.method = Method::post,
          .pattern = "/exchange",
          .verb = "exchange",
          .summary = "run SQL over the Arrow IPC stream of the body; rows go back meanwhile",
          .handler = RunExchange,
          .answer = RouteAnswer::kRows,
          .body = RouteBody::kArrowStream,
          .parameters = kExchangeParameters},
    Route{.method = Method::get,
          .pattern = "/exchangers",
          .verb = "list_exchangers",
          .summary = "SQL over streams, by name",
          .handler = ListExchangers,
          .answer_schema = "ExchangerList"},
    Route{.method = Method::get,
          .pattern = "/exchangers/{name}",
          .verb = "get_exchanger",
          .summary = "one of them",
          .handler = GetExchanger,
          .answer_schema = "Exchanger"},
    Route{.method = Method::put,
          .pattern = "/exchangers/{name}",
          .verb = "put_exchanger",
          .summary = "store one: a SELECT that reads from input",
          .handler = PutExchanger,
          .answer_schema = "Exchanger",
          .body = RouteBody::kStatement},
    Route{.method = Method::delete_,
          .pattern = "/exchangers/{name}",
          .verb = "delete_exchanger",
          .summary = "forget it",
          .handler = DeleteExchanger,
          .answer = RouteAnswer::kNothing},
    Route{.method = Method::get,
          .pattern = "/streams",
          .verb = "list_streams",
          .summary = "the streams that were put to since the start",
          .handler = ListStreams,
          .answer_schema = "StreamList"},
    Route{.method = Method::get,
          .pattern = "/streams/{name}",
          .verb = "describe_stream",
          .summary = "one of them, or one that only a rule is about",
          .handler = DescribeStream,
          .answer_schema = "Stream"},
    Route{.method = Method::get,
          .pattern = "/tables",
          .verb = "list_tables",
          .summary = "the tables and views",
          .handler = ListTables,
          .answer_schema = "TableList"},
    Route{.method = Method::get,
          .pattern = "/tables/{name}.parquet",
          .verb = "read_table_file",
          .summary = "all of it as a Parquet file, with ETag and ranges",
          .handler = SendParquetFile,
          .answer = RouteAnswer::kParquetFile,
          .parameters = kFileParameters},
    Route{.method = Method::get,
          .pattern = "/tables/{name}.arrow",
          .verb = "read_table_file",
          .summary = "the same as an Arrow file",
          .handler = SendArrowFile,
          .answer = RouteAnswer::kArrowFile,
          .parameters = kFileParameters},
    Route{.method = Method::get,
          .pattern = "/tables/{name}",
          .verb = "describe_table",
          .summary = "a table's columns and rows",
          .handler = DescribeTable,
          .answer_schema = "Table"},
    Route{.method = Method::get,
          .pattern = "/tables/{name}/data",
          .verb = "read_table",
          .summary = "its rows (columns, where, order_by, limit, offset)",
          .handler = ReadTable,
          .answer = RouteAnswer::kRows,
          .parameters = kTableParameters},
    Route{.method = Method::get,
          .pattern = "/api/v1/schemas",
          .verb = "list_schemas",
          .summary = "the schemas of bulk reads",
          .handler = ListSchemas,
          .answer_schema = "SchemaList"},
    Route{.method = Method::get,
          .pattern = "/api/v1/schemas/{name}",
          .verb = "get_schema",
          .summary = "one of them",
          .handler = GetSchema,
          .answer_schema = "Schema"},
    Route{.method = Method::put,
          .pattern = "/api/v1/schemas/{name}",
          .verb = "put_schema",
          .summary = "define one: fields with types and constraints, of a table or query",
          .handler = PutSchema,
          .answer_schema = "Schema",
          .body = RouteBody::kSchema,
          .may_create = true},
    Route{.method = Method::delete_,
          .pattern = "/api/v1/schemas/{name}",
          .verb = "delete_schema",
          .summary = "forget it",
          .handler = DeleteSchema,
          .answer = RouteAnswer::kNothing},
    Route{.method = Method::get,
          .pattern = "/api/v1/arrow/bulk-read/{schema_name}",
          .verb = "bulk_read",
          .summary = "all rows of a schema (columns, filter, limit), exactly in its types",
          .handler = BulkRead,
          .answer = RouteAnswer::kRows,
          .parameters = kBulkReadParameters},
    Route{.method = Method::get,
          .pattern = "/arrow/bulk-read/{schema_name}",
          .verb = "bulk_read",
          .summary = "the same",
          .handler = BulkRead,
          .answer = RouteAnswer::kRows,
          .parameters = kBulkReadParameters},
    Route{.method = Method::get,
          .pattern = "/healthz",
          .verb = "check_health",
          .summary = "200 while the database answers",
          .handler = CheckHealth,
          .answer_schema = "Health",
          .takes_any_parameter = true},
    Route{.method = Method::get,
          .pattern = "/readyz",
          .verb = "check_ready",
          .summary = "200 while calls are taken, and whether puts are",
          .handler = CheckReady,
          .answer_schema = "Readiness",
          .takes_any_parameter = true},
    Route{.method = Method::get,
          .pattern = "/metrics",
          .verb = "show_metrics",
          .summary = "the server's numbers, for Prometheus",
          .handler = ShowMetrics,
          .answer = RouteAnswer::kText,
          .takes_any_parameter = true},
    Route{.method = Method::get,
          .pattern = "/version",
          .verb = "show_version",
          .summary = "of arrowport, DuckDB and Arrow",
          .handler = ShowVersion,
          .answer_schema = "Versions",
          .takes_any_parameter = true},
    Route{.method = Method::get,
          .pattern = "/openapi.json",
          .verb = "show_openapi",
          .summary = "all of this for programs (OpenAPI 3.1)",
          .handler = ShowOpenApi,
          .answer_schema = "OpenApi",
          .takes_any_parameter = true},
    Route{.method = Method::get,
          .pattern = "/docs",
          .verb = "show_docs",
          .summary = "and for people",
          .handler = ShowDocs,
          .answer = RouteAnswer::kPage,
          .takes_any_parameter = true},
    Route{.method = Method::get,
          .pattern = "/docs/{file}",
          .verb = "show_docs",
          .summary = "what that page is made of",
          .handler = ShowDocsFile,
          .answer = RouteAnswer::kPage,
          .takes_any_parameter = true},
    Route{.method = Method::get,
          .pattern = "/",
          .verb = "show_routes",
          .summary = "this text",
          .handler = ShowRoutes,
          .answer = RouteAnswer::kText,
          .takes_any_parameter = true},
};

std::string_view CutSegment(std::string_view* path) {
  path->remove_prefix(1);
  const size_t end = std::min(path->find('/'), path->size());
  const std::string_view segment = path->substr(0, end);
  path->remove_prefix(end);
  return segment;
}

// What `{…}` stands for in `segment` when `expected` is `{…}` and an ending; nothing without one.
std::optional<std::string_view> MatchSegment(std::string_view expected, std::string_view segment) {
  const std::string_view ending = expected.substr(expected.find('}') + 1);
  if (segment.size() <= ending.size() || !segment.ends_with(ending)) return std::nullopt;
  segment.remove_suffix(ending.size());
  return segment;
}

// What each `{…}` stands for; nothing without a match.
std::optional<std::vector<std::string_view>> MatchPath(std::string_view pattern,
                                                       std::string_view path) {
  std::vector<std::string_view> parameters;
  while (pattern.starts_with('/') && path.starts_with('/')) {
    const std::string_view expected = CutSegment(&pattern);
    const std::string_view segment = CutSegment(&path);
    if (expected.starts_with('{')) {
      const auto matched = MatchSegment(expected, segment);
      if (!matched.has_value()) return std::nullopt;
      parameters.push_back(*matched);
    } else if (expected != segment) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return parameters;
}

std::string Listed(std::span<const RouteParameter> parameters) {
  std::string list;
  for (const RouteParameter& parameter : parameters) {
    list += (list.empty() ? "" : ", ") + std::string(parameter.name);
  }
  return list.empty() ? "none" : list;
}

// That `target` has no parameters but `known` ones, and none of them twice.
Status CheckGiven(const Target& target, std::span<const RouteParameter> known) {
  const auto& given = target.parameters;
  for (auto parameter = given.begin(); parameter != given.end(); ++parameter) {
    const std::string& name = parameter->first;
    if (std::ranges::find(known, name, &RouteParameter::name) == known.end()) {
      return BadParameter(name, "is not known here; there are " + Listed(known));
    }
    const auto same = [&name](const auto& other) { return other.first == name; };
    if (std::any_of(std::next(parameter), given.end(), same))
      return BadParameter(name, "is given twice");
  }
  return Status::OK();
}

}  // namespace

std::span<const Route> RouteTable() { return kRoutes; }

Result<RouteMatch> FindRoute(std::span<const Route> table, Method method, std::string_view path) {
  const Method wanted = method == Method::head ? Method::get : method;
  bool path_known = false;
  for (const Route& route : table) {
    const auto parameters = MatchPath(route.pattern, path);
    if (!parameters.has_value()) continue;
    path_known = true;
    if (route.method != wanted) continue;
    RouteMatch match{.route = &route, .parameters = {}};
    for (const std::string_view parameter : *parameters) {
      ARROW_ASSIGN_OR_RAISE(std::string decoded, DecodePercent(parameter));
      match.parameters.push_back(std::move(decoded));
    }
    return match;
  }
  if (path_known) {
    return MakeError(ErrorKind::kMethodNotAllowed,
                     "'" + std::string(path) + "' takes " + AllowedMethods(table, path));
  }
  return MakeError(ErrorKind::kNotFound,
                   "there is no route '" + std::string(path) + "'; GET / lists them");
}

Status CheckParameters(const Route& route, const Target& target) {
  if (!route.takes_any_parameter) ARROW_RETURN_NOT_OK(CheckGiven(target, route.parameters));
  for (const RouteParameter& parameter : route.parameters) {
    if (!parameter.required || target.Parameter(parameter.name).has_value()) continue;
    return MakeError(ErrorKind::kInvalidInput,
                     "the query parameter '" + std::string(parameter.name) + "' is missing");
  }
  return Status::OK();
}

std::string AllowedMethods(std::span<const Route> table, std::string_view path) {
  std::string methods;
  std::vector<Method> listed;
  for (const Route& route : table) {
    if (!MatchPath(route.pattern, path).has_value()) continue;
    // Patterns may overlap.
    if (std::ranges::find(listed, route.method) != listed.end()) continue;
    listed.push_back(route.method);
    if (!methods.empty()) methods += ", ";
    methods += std::string(boost::beast::http::to_string(route.method));
    if (route.method == Method::get) methods += ", HEAD";
  }
  return methods;
}

}  // namespace arrowport::http
