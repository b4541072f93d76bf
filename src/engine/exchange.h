#pragma once

#include <functional>
#include <memory>
#include <string>

#include <arrow/record_batch.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/result_stream.h"

namespace arrowport::engine {

struct ExchangeOptions {
  std::string input_name = "input";  ///< What the statement calls the batches that come in.
  bool ordered = true;               ///< As in QueryOptions.
};

/// A statement over batches that are still arriving, with its rows on their way back meanwhile.
///
/// Whatever DuckDB can pipeline runs in bounded memory: rows that the input allows for are there to
/// be taken as soon as the input stops for a moment. (What must see all rows first, such as ORDER
/// BY, GROUP BY and LIMIT, answers when the input has ended.) Write, EndInput and Abort belong to
/// one thread at a time; rows() may be read by others. Destroying it gives the statement up.
class Exchange {
 public:
  virtual ~Exchange() = default;

  /// The result. At its end no more input is needed.
  [[nodiscard]] virtual const std::shared_ptr<ResultStream>& rows() const = 0;

  /// Hands over `batch`, which must have the schema that this was begun with and be valid in full.
  /// kWait: taken, and `wake` will be called when it is time for the next one. kClosed: the
  /// statement needs no more, or has failed; see rows().
  virtual QueueState Write(std::shared_ptr<arrow::RecordBatch> batch,
                           std::function<void()> wake) = 0;

  /// Says that no more batches come.
  virtual void EndInput() = 0;

  /// Ends the statement with `reason`, and rolls back.
  virtual void Abort(const Status& reason) = 0;
};

}  // namespace arrowport::engine
