#pragma once

#include <nlohmann/json.hpp>

#include "service/put.h"
#include "service/staged_ingests.h"

namespace arrowport::service {

/// What doors tell of a put that landed: {"status": "success", "stream", "table", "rows_processed",
/// "batches", "bytes", "seconds"}; of a producer's put also "sequence" and "duplicate", of one with
/// a key the latter; where the stream's rule says so also "rows_quarantined", "durable": false, or
/// the status "skipped". Of the part of an ingest {"status": "staged", "stream", "ingest", "part",
/// "rows_processed", "batches", "bytes", "seconds"}.
nlohmann::ordered_json PutAnswer(const PutSummary& summary);

/// What they tell of an ingest in parts: {"ingest": its id, "stream", "rows", "bytes", "parts":
/// [{"part", "rows", "batches", "bytes"}], "parts_arriving", "expires_unix_ms"}.
nlohmann::ordered_json IngestAnswer(const StagedIngestInfo& ingest);

}  // namespace arrowport::service
