#include "engine/result_collector.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include <duckdb/common/arrow/arrow_query_result.hpp>
#include <duckdb/execution/physical_plan_generator.hpp>
#include <duckdb/main/client_context.hpp>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/parallel/interrupt.hpp>

#include "base/limits.h"
#include "engine/batch_builder.h"
#include "engine/result_queue.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;

/// What one worker has in the making.
class LocalState final : public duckdb::LocalSinkState, public UnfinishedBatch {
 public:
  LocalState(const duckdb::vector<duckdb::LogicalType>& types, duckdb::ClientContext& context,
             std::shared_ptr<CollectorTarget> target)
      : target_(std::move(target)), builder_(types, target_->schema, context) {
    if (!target_->eager) return;
    const std::lock_guard lock(target_->mutex);
    target_->unfinished.push_back(this);
  }

  // A worker that leaves by an exception never reaches Combine.
  ~LocalState() override {
    if (target_->eager) {
      const std::lock_guard lock(target_->mutex);
      std::erase(target_->unfinished, this);
    }
    if (builder_.is_open()) target_->queue->Unreserve(reservation_);
  }

  LocalState(const LocalState&) = delete;
  LocalState& operator=(const LocalState&) = delete;

  /// Takes rows of `chunk` until it is used up, and then starts over with the next chunk. \return
  /// false when the queue has no room: the same chunk is to be given again after `interrupt` fired.
  bool Consume(duckdb::DataChunk& chunk, const duckdb::InterruptState& interrupt) {
    const auto lock = LockIfEager();
    while (row_ < chunk.size()) {
      if (!builder_.is_open() && !Start(interrupt)) return false;
      row_ += builder_.Append(chunk, row_);
      const bool full = row_ < chunk.size() || builder_.bytes() >= reservation_.bytes ||
                        builder_.rows() + STANDARD_VECTOR_SIZE > limits::kResultBatchRows;
      if (full) FlushLocked();
    }
    row_ = 0;
    return true;
  }

  /// Hands over what was built so far.
  void Flush() {
    const auto lock = LockIfEager();
    FlushLocked();
  }

  void FlushIfIdle() override {
    const std::unique_lock lock(eager_mutex_, std::try_to_lock);
    if (lock.owns_lock()) FlushLocked();
  }

  void FlushLocked() {
    if (!builder_.is_open()) return;
    int64_t bytes = 0;
    auto batch = builder_.Finish(&bytes);
    target_->queue->Push(index_, reservation_, std::move(batch), bytes);
  }

  /// Moves on to `index`. A batch may go on into the next index, since nothing can come between
  /// the two, but not when it would soon be full anyway.
  void MoveTo(uint64_t index) {
    if (index != index_ + 1 || builder_.bytes() >= reservation_.bytes / 2) Flush();
    index_ = index;
  }

  void SetIndex(uint64_t index) { index_ = index; }

 private:
  [[nodiscard]] std::unique_lock<std::mutex> LockIfEager() {
    return target_->eager ? std::unique_lock(eager_mutex_) : std::unique_lock<std::mutex>();
  }

  bool Start(const duckdb::InterruptState& interrupt) {
    const auto wake = [interrupt] { interrupt.Callback(); };
    if (!target_->queue->Reserve(index_, wake, &reservation_)) return false;
    builder_.Start(reservation_.bytes);
    return true;
  }

  const std::shared_ptr<CollectorTarget> target_;
  BatchBuilder builder_;
  ResultQueue::Reservation reservation_;
  uint64_t index_ = 0;
  std::mutex eager_mutex_;  // Guards what is built, where others may flush it.
  idx_t row_ = 0;           // Of the current chunk, which comes again after the worker was parked.
};

}  // namespace

void CollectorTarget::FlushIdle() {
  const std::lock_guard lock(mutex);
  for (UnfinishedBatch* batch : unfinished) batch->FlushIfIdle();
}

ResultCollector::ResultCollector(duckdb::PhysicalPlan& physical_plan,
                                 duckdb::PreparedStatementData& statement,
                                 std::shared_ptr<CollectorTarget> target)
    : PhysicalResultCollector(physical_plan, statement), target_(std::move(target)) {}

ResultOrder ResultCollector::OrderOf(duckdb::ClientContext& context, duckdb::PhysicalOperator& root,
                                     bool ordered) {
  using duckdb::PhysicalPlanGenerator;
  const bool fixed = PhysicalPlanGenerator::OrderPreservationRecursive(root) ==
                     duckdb::OrderPreservationType::FIXED_ORDER;
  if (!PhysicalPlanGenerator::PreserveInsertionOrder(context, root) || (!ordered && !fixed)) {
    return ResultOrder::kNone;
  }
  return PhysicalPlanGenerator::UseBatchIndex(context, root) ? ResultOrder::kBatchIndex
                                                             : ResultOrder::kSingle;
}

duckdb::SinkResultType ResultCollector::Sink(duckdb::ExecutionContext& /*context*/,
                                             duckdb::DataChunk& chunk,
                                             duckdb::OperatorSinkInput& input) const {
  auto& state = input.local_state.Cast<LocalState>();
  ResultQueue& queue = *target_->queue;
  if (queue.closed()) throw duckdb::InterruptException();
  if (queue.order() == ResultOrder::kBatchIndex) {
    state.SetIndex(state.partition_info.batch_index.GetIndex());
    queue.AdvanceTo(state.partition_info.min_batch_index.GetIndex());
  }
  return state.Consume(chunk, input.interrupt_state) ? duckdb::SinkResultType::NEED_MORE_INPUT
                                                     : duckdb::SinkResultType::BLOCKED;
}

duckdb::SinkNextBatchType ResultCollector::NextBatch(
    duckdb::ExecutionContext& /*context*/, duckdb::OperatorSinkNextBatchInput& input) const {
  auto& state = input.local_state.Cast<LocalState>();
  state.MoveTo(state.partition_info.batch_index.GetIndex());
  target_->queue->AdvanceTo(state.partition_info.min_batch_index.GetIndex());
  return duckdb::SinkNextBatchType::READY;
}

duckdb::SinkCombineResultType ResultCollector::Combine(
    duckdb::ExecutionContext& /*context*/, duckdb::OperatorSinkCombineInput& input) const {
  auto& state = input.local_state.Cast<LocalState>();
  state.Flush();
  if (target_->queue->order() == ResultOrder::kBatchIndex) {
    target_->queue->AdvanceTo(state.partition_info.min_batch_index.GetIndex());
  }
  return duckdb::SinkCombineResultType::FINISHED;
}

duckdb::SinkFinalizeType ResultCollector::Finalize(
    duckdb::Pipeline& /*pipeline*/, duckdb::Event& /*event*/, duckdb::ClientContext& /*context*/,
    duckdb::OperatorSinkFinalizeInput& /*input*/) const {
  target_->queue->AdvanceTo(std::numeric_limits<uint64_t>::max());
  target_->all_rows_are_in();
  return duckdb::SinkFinalizeType::READY;
}

duckdb::unique_ptr<duckdb::LocalSinkState> ResultCollector::GetLocalSinkState(
    duckdb::ExecutionContext& context) const {
  return duckdb::make_uniq<LocalState>(types, context.client, target_);
}

// DuckDB wants a result object; the rows went another way.
duckdb::unique_ptr<duckdb::QueryResult> ResultCollector::GetResult(
    duckdb::GlobalSinkState& /*state*/) const {
  return duckdb::make_uniq<duckdb::ArrowQueryResult>(statement_type, properties, names, types,
                                                     duckdb::ClientProperties(), idx_t{1});
}

bool ResultCollector::ParallelSink() const {
  return target_->queue->order() != ResultOrder::kSingle;
}

bool ResultCollector::SinkOrderDependent() const {
  return target_->queue->order() == ResultOrder::kSingle;
}

duckdb::OperatorPartitionInfo ResultCollector::RequiredPartitionInfo() const {
  return target_->queue->order() == ResultOrder::kBatchIndex
             ? duckdb::OperatorPartitionInfo::BatchIndex()
             : duckdb::OperatorPartitionInfo::NoPartitionInfo();
}

}  // namespace arrowport::engine
