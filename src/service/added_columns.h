#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "base/error.h"
#include "service/put.h"

namespace arrowport::service {

/// Columns that a rule adds behind those that are sent:
///
///     _ingested_at   timestamp[us, tz=UTC]   when the put began
///     _stream        string                  the stream's name
///     _producer      string                  the producer's; NULL without one
///     _sequence      int64                   the put's of the producer; NULL without one
///
/// Immutable; safe to use from many threads.
class AddedColumns {
 public:
  /// Whether there is such a column.
  static bool IsKnown(std::string_view name);

  /// Their names: "_ingested_at, _stream, …".
  static std::string KnownNames();

  AddedColumns() = default;

  /// For a put that begins now; all `names` are known.
  AddedColumns(const std::vector<std::string>& names, const std::string& stream,
               const ProducerStamp& stamp);

  /// `schema` with them. kInvalidInput when it has one of the names already.
  [[nodiscard]] Result<std::shared_ptr<arrow::Schema>> Extend(
      const std::shared_ptr<arrow::Schema>& schema) const;

  /// `batch`, whose schema was extended to `schema`, with them.
  [[nodiscard]] Result<std::shared_ptr<arrow::RecordBatch>> Extend(
      const std::shared_ptr<arrow::RecordBatch>& batch,
      const std::shared_ptr<arrow::Schema>& schema) const;

  [[nodiscard]] bool empty() const { return values_.empty(); }

 private:
  std::vector<std::string> names_;
  std::vector<std::shared_ptr<arrow::Scalar>> values_;
};

}  // namespace arrowport::service
