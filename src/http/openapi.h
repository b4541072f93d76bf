#pragma once

#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

#include "http/routes.h"

namespace arrowport::http {

/// `table` as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html), so that it says
/// of every route what the server itself goes by. `version` is arrowport's own.
/// The JSON schemas that routes name as their `answer_schema` lie in `openapi_schemas.json`.
nlohmann::ordered_json DescribeRoutes(std::span<const Route> table, std::string_view version);

}  // namespace arrowport::http
