#include "service/put_answer.h"

#include <nlohmann/json.hpp>

#include "service/put.h"

namespace arrowport::service {

nlohmann::ordered_json PutAnswer(const PutSummary& summary) {
  nlohmann::ordered_json answer = {{"status", summary.skipped ? "skipped" : "success"},
                                   {"stream", summary.stream},
                                   {"table", summary.table},
                                   {"rows_processed", summary.rows},
                                   {"batches", summary.batches},
                                   {"bytes", summary.bytes},
                                   {"seconds", summary.seconds}};
  if (summary.rows_quarantined) answer["rows_quarantined"] = *summary.rows_quarantined;
  if (!summary.durable) answer["durable"] = false;
  if (!summary.stamp.is_set()) return answer;
  if (!summary.stamp.is_key()) answer["sequence"] = summary.stamp.sequence;
  answer["duplicate"] = summary.duplicate;
  return answer;
}

}  // namespace arrowport::service
