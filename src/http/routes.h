#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/exchange.h"
#include "http/request.h"
#include "http/socket.h"

namespace arrowport::http {

using Handler = Awaitable<Status> (*)(Exchange&);

/// One thing that the door serves. The table of them is all there is: it routes, it says which
/// methods a path has, and it is what `GET /` shows.
struct Route {
  Method method;
  /// A segment `{name}` stands for any one that is not empty, and `{name}.csv` for any that ends
  /// so. Of patterns that fit the one that stands first counts.
  std::string_view pattern;
  std::string_view verb;  ///< As in the metric `arrowport_requests_total`.
  std::string_view summary;
  Handler handler;
};

std::span<const Route> RouteTable();

struct RouteMatch {
  const Route* route = nullptr;
  std::string parameter;  ///< What the pattern's `{name}` stands for, decoded.
};

/// The route of `method` and `path` (percent-encoded). HEAD takes the route of GET.
/// \return kNotFound for a path that no route has, kMethodNotAllowed for one that has others only,
/// kInvalidInput for one that cannot be decoded.
Result<RouteMatch> FindRoute(std::span<const Route> table, Method method, std::string_view path);

/// The methods that `path` has, as the field `Allow` lists them: "GET, HEAD".
std::string AllowedMethods(std::span<const Route> table, std::string_view path);

}  // namespace arrowport::http
