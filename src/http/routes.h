#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/exchange.h"
#include "http/request.h"
#include "http/socket.h"
#include "http/target.h"

namespace arrowport::http {

using Handler = Awaitable<Status> (*)(Exchange&);

/// A parameter of a route's query, `?name=…`.
struct RouteParameter {
  enum class Kind { kText, kCount, kFlag, kFormat, kCompression, kTimeout, kLetter };
  std::string_view name;
  Kind kind = Kind::kText;
  std::string_view summary;
  bool required = false;
};

/// What stands in a request's body.
enum class RouteBody { kNone, kRows, kArrowStream, kJsonPut, kStatement, kSchema };

/// What stands in the answer's.
enum class RouteAnswer {
  kJson,
  kRows,  ///< In the form that the client wishes.
  kParquetFile,
  kArrowFile,
  kText,
  kPage,     ///< For a browser.
  kNothing,  ///< 204
};

/// One thing that the door serves. The table of them is all there is: it routes, it says which
/// methods and parameters a path has, and it is what `GET /` and `GET /openapi.json` show.
struct Route {
  Method method;
  /// A segment `{name}` stands for any one that is not empty, and `{name}.csv` for any that ends
  /// so. Of patterns that fit the one that stands first counts.
  std::string_view pattern;
  std::string_view verb;  ///< As in the metric `arrowport_requests_total`.
  std::string_view summary;
  Handler handler;

  RouteAnswer answer = RouteAnswer::kJson;
  std::string_view answer_schema = {};  ///< Of JSON, by its name in openapi_schemas.json.
  RouteBody body = RouteBody::kNone;
  /// Others are refused,
  std::span<const RouteParameter> parameters = {};
  /// unless monitors and proxies are free to add what they like.
  bool takes_any_parameter = false;
  bool may_create = false;  ///< Then it is answered 201.
};

std::span<const Route> RouteTable();

struct RouteMatch {
  const Route* route = nullptr;
  std::vector<std::string> parameters;  ///< What each `{name}` of the pattern stands for, decoded.
};

/// The route of `method` and `path` (percent-encoded). HEAD takes the route of GET.
/// \return kNotFound for a path that no route has, kMethodNotAllowed for one that has others only,
/// kInvalidInput for one that cannot be decoded.
Result<RouteMatch> FindRoute(std::span<const Route> table, Method method, std::string_view path);

/// kInvalidInput unless each parameter of `target` is one of `route`, and there once, and those
/// that it requires are there.
Status CheckParameters(const Route& route, const Target& target);

/// The methods that `path` has, as the field `Allow` lists them: "GET, HEAD".
std::string AllowedMethods(std::span<const Route> table, std::string_view path);

}  // namespace arrowport::http
