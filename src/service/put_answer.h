#pragma once

#include <nlohmann/json.hpp>

#include "service/put.h"

namespace arrowport::service {

/// What doors tell of a put that landed: {"status": "success", "stream", "table", "rows_processed",
/// "batches", "bytes", "seconds"}; of a producer's put also "sequence" and "duplicate", of one with
/// a key the latter; where the stream's rule says so also "rows_quarantined", "durable": false, or
/// the status "skipped".
nlohmann::ordered_json PutAnswer(const PutSummary& summary);

}  // namespace arrowport::service
