#include "service/put_answer.h"

#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/unix_time.h"
#include "service/put.h"
#include "service/staged_folder.h"
#include "service/staged_ingests.h"

namespace arrowport::service {

nlohmann::ordered_json PutAnswer(const PutSummary& summary) {
  if (!summary.part.empty()) {
    return {
        {"status", "staged"},     {"stream", summary.stream},       {"ingest", summary.ingest},
        {"part", summary.part},   {"rows_processed", summary.rows}, {"batches", summary.batches},
        {"bytes", summary.bytes}, {"seconds", summary.seconds}};
  }
  nlohmann::ordered_json answer = {{"status", summary.skipped ? "skipped" : "success"},
                                   {"stream", summary.stream},
                                   {"table", summary.table},
                                   {"rows_processed", summary.rows},
                                   {"batches", summary.batches},
                                   {"bytes", summary.bytes},
                                   {"seconds", summary.seconds}};
  if (summary.rows_quarantined) answer["rows_quarantined"] = *summary.rows_quarantined;
  if (!summary.durable) answer["durable"] = false;
  if (!summary.ingest.empty()) answer["ingest"] = summary.ingest;
  if (!summary.stamp.is_set()) return answer;
  if (!summary.stamp.is_key()) answer["sequence"] = summary.stamp.sequence;
  answer["duplicate"] = summary.duplicate;
  return answer;
}

nlohmann::ordered_json IngestAnswer(const StagedIngestInfo& ingest) {
  int64_t rows = 0;
  int64_t bytes = 0;
  auto parts = nlohmann::ordered_json::array();
  for (const StagedPart& part : ingest.parts) {
    rows += part.rows;
    bytes += part.bytes;
    parts.push_back({{"part", part.name},
                     {"rows", part.rows},
                     {"batches", part.batches},
                     {"bytes", part.bytes}});
  }
  return {{"ingest", ingest.id},
          {"stream", ingest.stream},
          {"rows", rows},
          {"bytes", bytes},
          {"parts", std::move(parts)},
          {"parts_arriving", ingest.parts_arriving},
          {"expires_unix_ms", UnixMs(ingest.expires_at)}};
}

}  // namespace arrowport::service
