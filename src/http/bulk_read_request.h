#pragma once

#include <chrono>
#include <optional>

#include "base/error.h"
#include "http/target.h"
#include "service/schema_registry.h"

namespace arrowport::http {

/// What `GET /api/v1/arrow/bulk-read/{schema_name}` asks for.
struct BulkReadTarget {
  service::BulkReadRequest request;
  std::optional<std::chrono::milliseconds> timeout;
};

/// Reads `?columns=…&filter=…&limit=…&ordered=…&timeout_ms=…`.
/// \return kInvalidInput, by parameter, for what cannot be read.
Result<BulkReadTarget> ReadBulkReadTarget(const Target& target);

}  // namespace arrowport::http
