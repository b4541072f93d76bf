#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/execution/operator/helper/physical_result_collector.hpp>

#include "engine/result_queue.h"

namespace arrowport::engine {

/// What a worker has in the making and others may ask for.
class UnfinishedBatch {
 public:
  virtual ~UnfinishedBatch() = default;

  /// Hands it over as it is, unless its worker is just adding to it.
  virtual void FlushIfIdle() = 0;
};

/// Where a collector puts its rows, and whom it tells that there are no more. Shared between the
/// plan and the query that runs it.
struct CollectorTarget {
  ResultQueue* queue = nullptr;           ///< Outlives the plan.
  std::shared_ptr<arrow::Schema> schema;  ///< Of the batches; set before the first row.
  std::function<void()> all_rows_are_in;  ///< Called once, from a worker.

  /// Whether unfinished batches are to be had, for a query whose own input comes in slowly. Then
  /// order means one thread: with several, the batch of one that waits would hold back the others'.
  bool eager = false;

  /// Hands over all unfinished batches whose workers are not at them. Only with `eager`.
  void FlushIdle();

  // Of the workers that are at it. Guarded by mutex.
  std::mutex mutex;
  std::vector<UnfinishedBatch*> unfinished;
};

/// The last operator of our plans: turns DuckDB's chunks into Arrow batches on DuckDB's own worker
/// threads and hands them to a ResultQueue. A worker that finds no room there is parked by DuckDB's
/// interrupt; it holds no thread until the queue wakes it.
///
/// Installed through ClientConfig::get_result_collector. DuckDB would call a streaming collector
/// ready while it is parked and end the query early, so this one says that it is not streaming.
class ResultCollector final : public duckdb::PhysicalResultCollector {
 public:
  ResultCollector(duckdb::PhysicalPlan& physical_plan, duckdb::PreparedStatementData& statement,
                  std::shared_ptr<CollectorTarget> target);

  /// The order that a result of this plan has to keep, as DuckDB's own collectors decide it.
  static ResultOrder OrderOf(duckdb::ClientContext& context, duckdb::PhysicalOperator& root,
                             bool ordered);

  duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override;
  duckdb::SinkNextBatchType NextBatch(duckdb::ExecutionContext& context,
                                      duckdb::OperatorSinkNextBatchInput& input) const override;
  duckdb::SinkCombineResultType Combine(duckdb::ExecutionContext& context,
                                        duckdb::OperatorSinkCombineInput& input) const override;
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event,
                                    duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override;
  duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(
      duckdb::ExecutionContext& context) const override;
  duckdb::unique_ptr<duckdb::QueryResult> GetResult(duckdb::GlobalSinkState& state) const override;

  [[nodiscard]] bool ParallelSink() const override;
  [[nodiscard]] bool SinkOrderDependent() const override;
  [[nodiscard]] duckdb::OperatorPartitionInfo RequiredPartitionInfo() const override;
  [[nodiscard]] bool IsStreaming() const override { return false; }

 private:
  const std::shared_ptr<CollectorTarget> target_;
};

}  // namespace arrowport::engine
