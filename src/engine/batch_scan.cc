#include "engine/batch_scan.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>

#include <arrow/c/bridge.h>
#include <arrow/util/byte_size.h>
#include <duckdb/common/arrow/arrow_wrapper.hpp>
#include <duckdb/function/table/arrow.hpp>

#include "base/error.h"
#include "base/limits.h"
#include "engine/scannable.h"
#include "engine/with_transaction.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;

// With what slices hold of the batch that they are of: so many that their place is worth one more
// chunk.
constexpr int64_t kLargeBytes = kMiB;

duckdb::unique_ptr<duckdb::ArrowArrayWrapper> Export(const arrow::RecordBatch& batch) {
  auto array = duckdb::make_uniq<duckdb::ArrowArrayWrapper>();
  const Status status = arrow::ExportRecordBatch(batch, &array->arrow_array);
  if (!status.ok()) throw duckdb::InvalidInputException(status.message());
  return array;
}

// DuckDB reads a dictionary from where it begins to read the rows, so that has to be their first.
duckdb::unique_ptr<duckdb::ArrowArrayWrapper> ExportPart(const arrow::RecordBatch& batch,
                                                         int64_t first, int64_t rows) {
  const auto part = Scannable::Slice(batch, first, rows);
  if (!part.ok()) throw duckdb::InvalidInputException(part.status().message());
  return Export(**part);
}

// In place of what `chunk` refers to. Its caches refer to it as well, and so are made anew.
void KeepCopy(duckdb::DataChunk& chunk, duckdb::ClientContext& context) {
  const auto types = chunk.GetTypes();
  duckdb::DataChunk copy;
  copy.Initialize(context, types);
  chunk.Copy(copy);
  chunk.Destroy();
  chunk.Initialize(context, types);
  chunk.Reference(copy);
}

}  // namespace

std::shared_ptr<const BatchMapping> MapBatches(const arrow::Schema& schema,
                                               duckdb::ClientContext& context) {
  duckdb::ArrowSchemaWrapper exported;
  const Status status = arrow::ExportSchema(schema, &exported.arrow_schema);
  if (!status.ok()) throw duckdb::InvalidInputException(status.message());
  auto mapping = std::make_shared<BatchMapping>();
  WithTransaction(context, [&] {
    duckdb::ArrowTableFunction::PopulateArrowTableSchema(context, mapping->table,
                                                         exported.arrow_schema);
  });
  mapping->types = mapping->table.GetTypes();
  mapping->names = mapping->table.GetNames();
  return mapping;
}

BatchScan::BatchScan(const arrow::RecordBatch& batch, duckdb::ClientContext& context)
    : BatchScan(batch, context, 0, batch.num_rows()) {}

BatchScan::BatchScan(const arrow::RecordBatch& batch, duckdb::ClientContext& context, int64_t first,
                     int64_t end)
    : context_(context),
      state_(first == 0 ? Export(batch) : ExportPart(batch, first, end - first), context),
      end_(static_cast<idx_t>(end - first)),
      is_large_(arrow::util::TotalBufferSize(batch) >= kLargeBytes) {}

bool BatchScan::Next(const BatchMapping& mapping, duckdb::DataChunk& chunk) {
  if (state_.chunk_offset >= end_) return false;
  const idx_t left = end_ - state_.chunk_offset;
  auto rows = std::min<idx_t>(STANDARD_VECTOR_SIZE, left);
  if (is_large_ && rows == left && left > 1) --rows;
  chunk.SetCardinality(rows);
  try {
    duckdb::ArrowTableFunction::ArrowToDuckDB(state_, mapping.table.GetColumns(), chunk);
  } catch (const std::exception&) {
    BlameColumn(mapping, rows);
    throw;
  }
  state_.chunk_offset += rows;
  if (is_large_ && left == 1) KeepCopy(chunk, context_);
  return true;
}

void BatchScan::BlameColumn(const BatchMapping& mapping, idx_t rows) {
  for (idx_t i = 0; i < mapping.types.size(); ++i) {
    duckdb::ArrowScanLocalState alone(nullptr, context_);
    alone.chunk = state_.chunk;
    alone.chunk_offset = state_.chunk_offset;
    alone.column_ids = {i};
    duckdb::DataChunk column;
    column.Initialize(context_, {mapping.types[i]});
    column.SetCardinality(rows);
    try {
      duckdb::ArrowTableFunction::ArrowToDuckDB(alone, mapping.table.GetColumns(), column,
                                                /*arrow_scan_is_projected=*/false);
    } catch (const std::exception& error) {
      const duckdb::ErrorData data(error);
      throw duckdb::Exception(data.Type(),
                              "column '" + mapping.names[i] + "': " + data.RawMessage());
    }
  }
}

}  // namespace arrowport::engine
