#include "engine/batch_scan.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include <arrow/c/bridge.h>
#include <duckdb/common/arrow/arrow_wrapper.hpp>
#include <duckdb/function/table/arrow.hpp>

#include "base/error.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;

duckdb::unique_ptr<duckdb::ArrowArrayWrapper> Export(const arrow::RecordBatch& batch) {
  auto array = duckdb::make_uniq<duckdb::ArrowArrayWrapper>();
  const Status status = arrow::ExportRecordBatch(batch, &array->arrow_array);
  if (!status.ok()) throw duckdb::InvalidInputException(status.message());
  return array;
}

}  // namespace

std::shared_ptr<const BatchMapping> MapBatches(const arrow::Schema& schema,
                                               duckdb::ClientContext& context) {
  duckdb::ArrowSchemaWrapper exported;
  const Status status = arrow::ExportSchema(schema, &exported.arrow_schema);
  if (!status.ok()) throw duckdb::InvalidInputException(status.message());
  auto mapping = std::make_shared<BatchMapping>();
  duckdb::ArrowTableFunction::PopulateArrowTableSchema(context, mapping->table,
                                                       exported.arrow_schema);
  mapping->types = mapping->table.GetTypes();
  mapping->names = mapping->table.GetNames();
  return mapping;
}

BatchScan::BatchScan(const arrow::RecordBatch& batch, duckdb::ClientContext& context)
    : BatchScan(batch, context, 0, batch.num_rows()) {}

BatchScan::BatchScan(const arrow::RecordBatch& batch, duckdb::ClientContext& context, int64_t first,
                     int64_t end)
    : state_(Export(batch), context), end_(static_cast<idx_t>(end)) {
  state_.chunk_offset = static_cast<idx_t>(first);
}

bool BatchScan::Next(const BatchMapping& mapping, duckdb::DataChunk& chunk) {
  if (state_.chunk_offset >= end_) return false;
  const auto rows = std::min<idx_t>(STANDARD_VECTOR_SIZE, end_ - state_.chunk_offset);
  chunk.SetCardinality(rows);
  duckdb::ArrowTableFunction::ArrowToDuckDB(state_, mapping.table.GetColumns(), chunk);
  state_.chunk_offset += rows;
  return true;
}

}  // namespace arrowport::engine
