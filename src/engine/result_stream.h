#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/error.h"

namespace arrowport::engine {

/// The rows of a running query as Arrow batches of about `limits::kResultBatchBytes`.
///
/// The query runs on DuckDB's own threads, ahead of the reader by at most the query's byte bound;
/// a reader that takes nothing costs memory up to that bound and no thread. Batches own their
/// memory: they outlive the stream and the database.
///
/// Any number of threads may pull; each batch goes to one of them. Destroying a stream that is not
/// at its end cancels the query.
class ResultStream {
 public:
  virtual ~ResultStream() = default;

  [[nodiscard]] virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;

  /// Whether the order of the rows is part of the result.
  [[nodiscard]] virtual bool ordered() const = 0;

  /// Takes the next batch if there is one. kWait: `wake` will be called once, from any thread,
  /// when it is worth asking again. kClosed: the end, see status().
  virtual QueueState Poll(std::shared_ptr<arrow::RecordBatch>* batch,
                          std::function<void()> wake) = 0;

  /// How much of the query is done, from 0 to 1, where DuckDB can tell.
  [[nodiscard]] virtual std::optional<double> progress() const { return std::nullopt; }

  /// After kClosed: OK when all rows were delivered, otherwise why not.
  [[nodiscard]] virtual Status status() const = 0;

  /// Ends the query with `reason` wherever it is, and frees what it holds before returning.
  /// Does nothing at the end of the stream.
  virtual void Cancel(const Status& reason) = 0;

  /// Blocks for the next batch; null at the end. `before_waiting` is called when there is none yet.
  Result<std::shared_ptr<arrow::RecordBatch>> Next(
      const std::function<void()>& before_waiting = {});
};

/// `stream` as a reader for code that expects Arrow's blocking interface.
std::shared_ptr<arrow::RecordBatchReader> ToReader(std::shared_ptr<ResultStream> stream);

}  // namespace arrowport::engine
