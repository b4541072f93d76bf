#pragma once

#include <chrono>
#include <optional>

#include "base/error.h"
#include "http/target.h"
#include "service/service.h"

namespace arrowport::http {

/// What `GET /tables/{name}/data` asks for.
struct TableRequest {
  engine::TableRead read;
  engine::QueryOptions options;
  std::optional<std::chrono::milliseconds> timeout;
};

/// Reads `?columns=…&where=…&order_by=…&limit=…&offset=…&ordered=…&timeout_ms=…`. What the texts
/// mean is the service's business.
/// \return kInvalidInput, by parameter, for what cannot be read.
Result<TableRequest> ReadTableTarget(const Target& target);

}  // namespace arrowport::http
