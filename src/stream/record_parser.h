#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "stream/text_decoder.h"

namespace arrowport::stream {

/// What a form of text has of its own: where rows end, and what they say. Memory comes from
/// BudgetedMemoryPool(). One thread at a time.
class RecordParser {
 public:
  virtual ~RecordParser() = default;

  struct Records {
    size_t bytes = 0;  ///< From the front of the text; 0: there is no whole row.
    std::shared_ptr<arrow::RecordBatch> batch;  ///< Null without rows.
  };

  /// Parses as many rows from the front of `text` as one batch has. `text` continues where the last
  /// call ended, may be changed, and is not kept. With `at_end` nothing comes behind it, and all of
  /// it has to be used in the end.
  virtual Result<Records> Parse(std::span<char> text, bool at_end) = 0;

  /// Null before it is known. With a table it has the table's types, otherwise inferred ones.
  [[nodiscard]] virtual std::shared_ptr<arrow::Schema> schema() const = 0;

  /// Rows so far, with the header.
  [[nodiscard]] virtual int64_t rows() const = 0;
};

std::unique_ptr<RecordParser> MakeCsvParser(const TextOptions& options);
std::unique_ptr<RecordParser> MakeJsonParser(const TextOptions& options);

}  // namespace arrowport::stream
