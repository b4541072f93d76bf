#include "engine/batch_source.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/execution/physical_plan_generator.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>
#include <duckdb/planner/operator/logical_extension_operator.hpp>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/batch_scan.h"
#include "engine/column_fit.h"
#include "engine/duckdb_error.h"
#include "engine/morsel_queue.h"
#include "engine/vector_memory.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;

constexpr const char* kFunctionName = "arrowport_batches";
constexpr const char* kStateName = "arrowport_batch_source";

// Nobody knows how long a stream will be; this keeps DuckDB from planning for a tiny one.
constexpr idx_t kRowsEstimate = 1'000'000;

/// What one worker is scanning.
class LocalState final : public duckdb::LocalSourceState {
 public:
  explicit LocalState(duckdb::ClientContext& context) : context_(context) {}

  /// Fills `chunk` with the next rows. \return false when the source has none now.
  bool Scan(BatchSource& source, const BatchMapping& mapping, duckdb::DataChunk& chunk,
            const duckdb::InterruptState& interrupt) {
    while (scan_ == nullptr || !scan_->Next(mapping, chunk)) {
      scan_.reset();
      if (next_batch_ < batches_.size()) {
        const arrow::RecordBatch& batch = *batches_[next_batch_++];
        if (const auto memory = source.vector_memory()) memory->Cover(width_.Add(batch));
        scan_ = std::make_unique<BatchScan>(batch, context_);
        continue;
      }
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
    return true;
  }

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] uint64_t morsel() const { return place_.morsel; }

 private:
  duckdb::ClientContext& context_;
  MorselQueue::Place place_;
  Batches batches_;
  size_t next_batch_ = 0;
  VectorWidth width_;
  std::unique_ptr<BatchScan> scan_;
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
                    std::shared_ptr<const BatchMapping> mapping)
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
  const std::shared_ptr<const BatchMapping> mapping_;
};

class LogicalBatchScan final : public duckdb::LogicalExtensionOperator {
 public:
  LogicalBatchScan(idx_t table_index, duckdb::shared_ptr<BatchSource> source,
                   std::shared_ptr<const BatchMapping> mapping)
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
  const std::shared_ptr<const BatchMapping> mapping_;
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
  auto mapping = MapBatches(*source->schema(), context);
  names = mapping->names;
  return duckdb::make_uniq<LogicalBatchScan>(bind_index, std::move(source), std::move(mapping));
}

}  // namespace

BatchSource::BatchSource(std::shared_ptr<arrow::Schema> schema, int64_t bytes_max)
    : schema_(std::move(schema)), queue_(bytes_max) {}

void BatchSource::Attach(duckdb::ClientContext& context, duckdb::shared_ptr<BatchSource> source) {
  // Insert leaves what is there.
  Detach(context);
  context.registered_state->Insert(kStateName, std::move(source));
}

void BatchSource::Detach(duckdb::ClientContext& context) {
  context.registered_state->Remove(kStateName);
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
      const auto mapping = MapBatches(*arrow::schema({field}), context);
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
