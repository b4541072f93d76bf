#include "http/routes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/beast/http/verb.hpp>

#include "base/error.h"
#include "http/handlers.h"
#include "http/request.h"
#include "http/target.h"

namespace arrowport::http {
namespace {

constexpr std::array kRoutes = {
    Route{Method::post, "/ingest/{stream}", "put",
          "land an Arrow IPC stream in the stream's table, in one transaction", Ingest},
    Route{Method::post, "/query", "query",
          "run SQL; the rows as Arrow, JSON, NDJSON or CSV (Accept, or ?format=)", Query},
    Route{Method::get, "/query", "query", "the same for ?sql= that only reads", QueryByAddress},
    Route{Method::get, "/streams", "list_streams", "the streams that were put to since the start",
          ListStreams},
    Route{Method::get, "/tables", "list_tables", "the tables and views", ListTables},
    Route{Method::get, "/tables/{name}.parquet", "read_table_file",
          "all of it as a Parquet file, with ETag and ranges", SendParquetFile},
    Route{Method::get, "/tables/{name}.arrow", "read_table_file", "the same as an Arrow file",
          SendArrowFile},
    Route{Method::get, "/tables/{name}", "describe_table", "a table's columns and rows",
          DescribeTable},
    Route{Method::get, "/tables/{name}/data", "read_table",
          "its rows (columns, where, order_by, limit, offset)", ReadTable},
    Route{Method::get, "/healthz", "check_health", "200 while the database answers", CheckHealth},
    Route{Method::get, "/metrics", "show_metrics", "the server's numbers, for Prometheus",
          ShowMetrics},
    Route{Method::get, "/version", "show_version", "of arrowport, DuckDB and Arrow", ShowVersion},
    Route{Method::get, "/", "show_routes", "this text", ShowRoutes},
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

// What `{…}` stands for, empty for a pattern without it; nothing without a match.
std::optional<std::string_view> MatchPath(std::string_view pattern, std::string_view path) {
  std::string_view parameter;
  while (pattern.starts_with('/') && path.starts_with('/')) {
    const std::string_view expected = CutSegment(&pattern);
    const std::string_view segment = CutSegment(&path);
    if (expected.starts_with('{')) {
      const auto matched = MatchSegment(expected, segment);
      if (!matched.has_value()) return std::nullopt;
      parameter = *matched;
    } else if (expected != segment) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return parameter;
}

}  // namespace

std::span<const Route> RouteTable() { return kRoutes; }

Result<RouteMatch> FindRoute(std::span<const Route> table, Method method, std::string_view path) {
  const Method wanted = method == Method::head ? Method::get : method;
  bool path_known = false;
  for (const Route& route : table) {
    const std::optional<std::string_view> parameter = MatchPath(route.pattern, path);
    if (!parameter.has_value()) continue;
    path_known = true;
    if (route.method != wanted) continue;
    ARROW_ASSIGN_OR_RAISE(std::string decoded, DecodePercent(*parameter));
    return RouteMatch{&route, std::move(decoded)};
  }
  if (path_known) {
    return MakeError(ErrorKind::kMethodNotAllowed,
                     "'" + std::string(path) + "' takes " + AllowedMethods(table, path));
  }
  return MakeError(ErrorKind::kNotFound,
                   "there is no route '" + std::string(path) + "'; GET / lists them");
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
