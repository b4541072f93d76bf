#include "engine/batch_source.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <arrow/c/bridge.h>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/common/arrow/arrow_wrapper.hpp>
#include <duckdb/execution/physical_plan_generator.hpp>
#include <duckdb/function/table/arrow.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>
#include <duckdb/planner/operator/logical_extension_operator.hpp>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/column_fit.h"
#include "engine/duckdb_error.h"
#include "engine/morsel_queue.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;

constexpr const char* kFunctionName = "arrowport_batches";
constexpr const char* kStateName = "arrowport_batch_source";

// Nobody knows how long a stream will be; this keeps DuckDB from planning for a tiny one.
constexpr idx_t kRowsEstimate = 1'000'000;

/// How Arrow's columns become DuckDB's. Made when the function is bound, read by all workers.
struct Mapping {
  duckdb::ArrowTableSchema table;
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<std::string> names;
};

std::shared_ptr<Mapping> MakeMapping(const arrow::Schema& schema, duckdb::ClientContext& context) {
  duckdb::ArrowSchemaWrapper exported;
  const Status status = arrow::ExportSchema(schema, &exported.arrow_schema);
  if (!status.ok()) throw duckdb::InvalidInputException(status.message());
  auto mapping = std::make_shared<Mapping>();
  duckdb::ArrowTableFunction::PopulateArrowTableSchema(context, mapping->table,
                                                       exported.arrow_schema);
  mapping->types = mapping->table.GetTypes();
  mapping->names = mapping->table.GetNames();
  return mapping;
}

/// What one worker is scanning.
class LocalState final : public duckdb::LocalSourceState {
 public:
  explicit LocalState(duckdb::ClientContext& context) : context_(context) {}

  /// Fills `chunk` with the next rows. \return false when the source has none now.
  bool Scan(BatchSource& source, const Mapping& mapping, duckdb::DataChunk& chunk,
            const duckdb::InterruptState& interrupt) {
    while (scan_ == nullptr || scan_->chunk_offset >= Rows()) {
      if (next_batch_ < batches_.size()) {
        StartBatch(*batches_[next_batch_++]);
        continue;
      }
      scan_.reset();
      batches_.clear();
      next_batch_ = 0;
      const auto wake = [interrupt] { interrupt.Callback(); };
      const QueueState state = source.queue().Pop(place_, &batches_, wake);
      if (state == QueueState::kWait) return false;
      if (state == QueueState::kClosed) {
        if (!source.queue().status().ok()) throw duckdb::InterruptException();
        finished_ = true;
        return true;
      }
    }
    const auto rows = std::min<idx_t>(STANDARD_VECTOR_SIZE, Rows() - scan_->chunk_offset);
    chunk.SetCardinality(rows);
    duckdb::ArrowTableFunction::ArrowToDuckDB(*scan_, mapping.table.GetColumns(), chunk);
    scan_->chunk_offset += rows;
    return true;
  }

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] uint64_t morsel() const { return place_.morsel; }

 private:
  [[nodiscard]] idx_t Rows() const { return static_cast<idx_t>(scan_->chunk->arrow_array.length); }

  // Every batch gets a new state: DuckDB keeps decoded dictionaries by the address of their array,
  // which a later batch may be given again.
  void StartBatch(const arrow::RecordBatch& batch) {
    auto array = duckdb::make_uniq<duckdb::ArrowArrayWrapper>();
    const Status status = arrow::ExportRecordBatch(batch, &array->arrow_array);
    if (!status.ok()) throw duckdb::InvalidInputException(status.message());
    scan_ = std::make_unique<duckdb::ArrowScanLocalState>(std::move(array), context_);
  }

  duckdb::ClientContext& context_;
  MorselQueue::Place place_;
  Batches batches_;
  size_t next_batch_ = 0;
  std::unique_ptr<duckdb::ArrowScanLocalState> scan_;
  bool finished_ = false;
};

class GlobalState final : public duckdb::GlobalSourceState {
 public:
  explicit GlobalState(idx_t threads) : threads_(threads) {}
  idx_t MaxThreads() override { return threads_; }

 private:
  const idx_t threads_;
};

class PhysicalBatchScan final : public duckdb::PhysicalOperator {
 public:
  PhysicalBatchScan(duckdb::PhysicalPlan& plan, duckdb::shared_ptr<BatchSource> source,
                    std::shared_ptr<Mapping> mapping)
      : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, mapping->types,
                         kRowsEstimate),
        source_(std::move(source)),
        mapping_(std::move(mapping)) {}

  [[nodiscard]] std::string GetName() const override { return "ARROWPORT_BATCHES"; }
  [[nodiscard]] bool IsSource() const override { return true; }
  [[nodiscard]] bool ParallelSource() const override { return true; }
  [[nodiscard]] bool SupportsPartitioning(
      const duckdb::OperatorPartitionInfo& info) const override {
    return !info.RequiresPartitionColumns();
  }

  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(
      duckdb::ClientContext& context) const override {
    return duckdb::make_uniq<GlobalState>(context.db->NumberOfThreads());
  }

  duckdb::unique_ptr<duckdb::LocalSourceState> GetLocalSourceState(
      duckdb::ExecutionContext& context, duckdb::GlobalSourceState& /*state*/) const override {
    return duckdb::make_uniq<LocalState>(context.client);
  }

  duckdb::OperatorPartitionData GetPartitionData(
      duckdb::ExecutionContext& /*context*/, duckdb::DataChunk& /*chunk*/,
      duckdb::GlobalSourceState& /*global*/, duckdb::LocalSourceState& local,
      const duckdb::OperatorPartitionInfo& /*info*/) const override {
    return duckdb::OperatorPartitionData(local.Cast<LocalState>().morsel());
  }

 protected:
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& /*context*/,
                                           duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override {
    auto& state = input.local_state.Cast<LocalState>();
    if (!state.Scan(*source_, *mapping_, chunk, input.interrupt_state)) {
      source_->TellOfParking();
      return duckdb::SourceResultType::BLOCKED;
    }
    return state.finished() ? duckdb::SourceResultType::FINISHED
                            : duckdb::SourceResultType::HAVE_MORE_OUTPUT;
  }

 private:
  const duckdb::shared_ptr<BatchSource> source_;
  const std::shared_ptr<Mapping> mapping_;
};

class LogicalBatchScan final : public duckdb::LogicalExtensionOperator {
 public:
  LogicalBatchScan(idx_t table_index, duckdb::shared_ptr<BatchSource> source,
                   std::shared_ptr<Mapping> mapping)
      : table_index_(table_index), source_(std::move(source)), mapping_(std::move(mapping)) {
    has_estimated_cardinality = true;
    estimated_cardinality = kRowsEstimate;
  }

  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& /*context*/,
                                       duckdb::PhysicalPlanGenerator& planner) override {
    if (!source_->TakeForScan()) {
      throw duckdb::InvalidInputException(
          "the stream that comes in is read once, and this statement would read it again; keep it "
          "first: WITH kept AS MATERIALIZED (FROM input)");
    }
    return planner.Make<PhysicalBatchScan>(source_, mapping_);
  }

  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override {
    return GenerateColumnBindings(table_index_, mapping_->types.size());
  }

  [[nodiscard]] duckdb::vector<idx_t> GetTableIndex() const override { return {table_index_}; }
  [[nodiscard]] std::string GetName() const override { return "ARROWPORT_BATCHES"; }
  [[nodiscard]] std::string GetExtensionName() const override { return "arrowport"; }

 protected:
  void ResolveTypes() override { types = mapping_->types; }

 private:
  const idx_t table_index_;
  const duckdb::shared_ptr<BatchSource> source_;
  const std::shared_ptr<Mapping> mapping_;
};

duckdb::unique_ptr<duckdb::LogicalOperator> BindBatches(duckdb::ClientContext& context,
                                                        duckdb::TableFunctionBindInput& /*input*/,
                                                        idx_t bind_index,
                                                        duckdb::vector<std::string>& names) {
  auto source = BatchSource::Find(context);
  if (source == nullptr) {
    throw duckdb::BinderException(
        "arrowport_batches() is how arrowport's own inserts read what is sent to it; "
        "there is nothing to read on this connection");
  }
  auto mapping = MakeMapping(*source->schema(), context);
  names = mapping->names;
  return duckdb::make_uniq<LogicalBatchScan>(bind_index, std::move(source), std::move(mapping));
}

}  // namespace

BatchSource::BatchSource(std::shared_ptr<arrow::Schema> schema, int64_t bytes_max)
    : schema_(std::move(schema)), queue_(bytes_max) {}

void BatchSource::Attach(duckdb::ClientContext& context, duckdb::shared_ptr<BatchSource> source) {
  context.registered_state->Insert(kStateName, std::move(source));
}

duckdb::shared_ptr<BatchSource> BatchSource::Find(duckdb::ClientContext& context) {
  return context.registered_state->Get<BatchSource>(kStateName);
}

void RegisterBatchSource(duckdb::DatabaseInstance& instance) {
  duckdb::TableFunction function(kFunctionName, {}, nullptr);
  function.bind_operator = BindBatches;
  duckdb::CreateTableFunctionInfo info(function);
  auto& catalog = duckdb::Catalog::GetSystemCatalog(instance);
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(instance);
  catalog.CreateFunction(transaction, info);
}

Result<ColumnList> MapColumns(const arrow::Schema& schema, duckdb::ClientContext& context) {
  ColumnList columns;
  for (const auto& field : schema.fields()) {
    const Status mapped = Guarded([&] {
      const auto mapping = MakeMapping(*arrow::schema({field}), context);
      columns.names.push_back(field->name());
      columns.types.push_back(mapping->types[0]);
      return Status::OK();
    });
    if (mapped.ok()) continue;
    return MakeError(ErrorKind::kUnsupportedMedia,
                     "column '" + field->name() + "': type " + field->type()->ToString() +
                         " has no mapping in DuckDB; cast it before sending (" + mapped.message() +
                         ")");
  }
  return columns;
}

}  // namespace arrowport::engine
