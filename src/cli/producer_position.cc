#include "cli/producer_position.h"

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "client/client.h"

namespace arrowport::cli {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using Json = nlohmann::json;

// The ledger is made with the first put of a producer.
constexpr const char* kHasLedgerSql =
    "SELECT count(*)::BIGINT FROM duckdb_tables() "
    "WHERE schema_name = '_arrowport' AND table_name = 'ledger'";

constexpr const char* kPositionSql =
    "SELECT sequence, epoch, batches, target FROM _arrowport.ledger "
    "WHERE stream = ? AND producer = ? ORDER BY sequence DESC LIMIT 1";

// The first row, or null.
Result<Batch> FirstRow(client::Client& client, const client::QueryRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto rows, client.Query(request));
  Batch first;
  for (;;) {
    Batch batch;
    ARROW_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) return first;
    if (first == nullptr && batch->num_rows() > 0) first = batch;
  }
}

int64_t Number(const arrow::RecordBatch& batch, int column) {
  return static_cast<const arrow::Int64Array&>(*batch.column(column)).Value(0);
}

}  // namespace

Result<ProducerPosition> AskPosition(client::Client& client, const std::string& stream,
                                     const std::string& producer) {
  client::QueryRequest has_ledger;
  has_ledger.sql = kHasLedgerSql;
  ARROW_ASSIGN_OR_RAISE(const Batch count, FirstRow(client, has_ledger));
  ProducerPosition position;
  if (count == nullptr || Number(*count, 0) == 0) return position;
  client::QueryRequest request;
  request.sql = kPositionSql;
  request.params_json =
      Json::array({stream, producer}).dump(-1, ' ', false, Json::error_handler_t::replace);
  ARROW_ASSIGN_OR_RAISE(const Batch last, FirstRow(client, request));
  if (last == nullptr) return position;
  position.sequence = Number(*last, 0);
  position.rows = Number(*last, 1);
  position.is_complete = Number(*last, 2) == 0;
  position.table = static_cast<const arrow::StringArray&>(*last->column(3)).GetString(0);
  return position;
}

}  // namespace arrowport::cli
