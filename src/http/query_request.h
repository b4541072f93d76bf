#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/target.h"
#include "service/service.h"

namespace arrowport::http {

/// What a query asks for.
struct QueryRequest {
  engine::Statement statement;
  engine::QueryOptions options;
  std::optional<std::chrono::milliseconds> timeout;  ///< Goes before X-Arrowport-Timeout-Ms.
};

/// Reads `body` as its type says: SQL text for application/sql, text/plain, curl's
/// application/x-www-form-urlencoded and no type at all; for application/json
///
///     {"sql": "SELECT * FROM trips WHERE fare > ?", "params": [12.5],
///      "ordered": true, "timeout_ms": 60000}
///
/// where only "sql" is needed. Parameters are null, booleans, integers (INT64, or UINT64 above
/// it), numbers (DOUBLE) and strings.
/// \return kUnsupportedMedia for another type, kInvalidInput for what cannot be read, by key.
Result<QueryRequest> ReadQueryRequest(std::string_view content_type, std::string body);

/// Whether a body of that type can be a query at all, which is known before it has come.
Status CheckQueryType(std::string_view content_type);

/// The same of `GET /query?sql=…&ordered=…&timeout_ms=…`, which may only read.
/// \return kInvalidInput, by parameter, for what cannot be read, and without `sql`.
Result<QueryRequest> ReadQueryTarget(const Target& target);

/// The query parameter `timeout_ms`.
Result<std::optional<std::chrono::milliseconds>> ReadTimeout(const Target& target);

}  // namespace arrowport::http
