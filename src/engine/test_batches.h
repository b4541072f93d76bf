#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>

#include "engine/database.h"

namespace arrowport::engine::testing {

/// A batch of two columns: id BIGINT from `first`, name VARCHAR "row <id>".
inline std::shared_ptr<arrow::RecordBatch> MakeRows(int64_t first, int64_t rows) {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  for (int64_t i = first; i < first + rows; ++i) {
    (void)ids.Append(i);
    (void)names.Append("row " + std::to_string(i));
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8())}),
      rows, {ids.Finish().ValueOrDie(), names.Finish().ValueOrDie()});
}

inline std::shared_ptr<Database> OpenMemory(DatabaseOptions options = {}) {
  return Database::Open(std::move(options)).ValueOrDie();
}

inline Result<std::shared_ptr<arrow::Table>> ReadAll(Database& database, std::string sql,
                                                     const QueryOptions& options = {}) {
  ARROW_ASSIGN_OR_RAISE(auto stream, database.Query({std::move(sql), {}}, options, {}));
  return ToReader(stream)->ToTable();
}

/// The first value of a result of integers.
inline Result<int64_t> ReadInt(Database& database, std::string sql) {
  ARROW_ASSIGN_OR_RAISE(auto table, ReadAll(database, std::move(sql)));
  ARROW_ASSIGN_OR_RAISE(auto scalar, table->column(0)->GetScalar(0));
  ARROW_ASSIGN_OR_RAISE(auto value, scalar->CastTo(arrow::int64()));
  return static_cast<const arrow::Int64Scalar&>(*value).value;
}

inline Result<int64_t> Land(Database& database, const std::string& table,
                            const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) {
  ARROW_ASSIGN_OR_RAISE(auto name, TableName::Parse(table));
  ARROW_ASSIGN_OR_RAISE(auto append, database.BeginAppend(name, batches.front()->schema(), {}, {}));
  for (const auto& batch : batches) ARROW_RETURN_NOT_OK(append->WriteBlocking(batch));
  return append->FinishBlocking();
}

}  // namespace arrowport::engine::testing
