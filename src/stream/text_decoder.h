#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/upload_limits.h"
#include "stream/validate.h"

namespace arrowport::stream {

class RecordParser;

enum class TextForm {
  kCsv,     ///< RFC 4180, with any line ends.
  kNdjson,  ///< JSON objects, one behind the other; a line each, as a rule.
  kJson,    ///< The same, or one array of objects.
};

struct TextOptions {
  TextForm form = TextForm::kCsv;
  /// Of the table that the rows are for: its columns are read as what they are there. Null: there
  /// is none.
  std::shared_ptr<arrow::Schema> table = nullptr;
  bool has_header = true;          ///< Of CSV: its first row has the columns' names.
  char delimiter = ',';            ///< Of CSV.
  int64_t batch_bytes_max = kGiB;  ///< Memory that one batch may take while it is made.
};

/// Turns CSV or JSON into batches as its bytes arrive, in blocks of `limits::kTextBlockBytes`,
/// within bounded memory. Every batch is validated in full.
///
///     while (more) {
///       const std::span<uint8_t> space = decoder.Prepare();
///       decoder.Commit(source.Read(space));
///       if (decoder.is_due()) ARROW_RETURN_NOT_OK(decoder.Decode(false));
///       while (auto batch = decoder.TakeBatch()) …
///     }
///     ARROW_RETURN_NOT_OK(decoder.Decode(true));
///
/// Columns that `table` has are read as its types. Types of others are inferred from the first
/// block: whole numbers, truth values, ISO 8601 dates, times and timestamps (in microseconds),
/// floating point numbers, text; in JSON lists and structs of them. A column that has only nulls
/// there is text. A value that is not of its column's type later is an error that names the row.
/// In CSV an empty field and NA are null unless quoted; in JSON a key that is missing is.
/// One thread at a time.
class TextDecoder {
 public:
  explicit TextDecoder(const TextOptions& options);
  ~TextDecoder();
  TextDecoder(const TextDecoder&) = delete;
  TextDecoder& operator=(const TextDecoder&) = delete;

  /// Room for the next bytes; empty when Decode is due.
  std::span<uint8_t> Prepare();
  void Commit(size_t bytes);
  [[nodiscard]] bool is_due() const { return bytes_held_ == text_.size(); }

  /// Bytes that wait for Decode, which takes a few nanoseconds for each.
  [[nodiscard]] size_t bytes_held() const { return bytes_held_; }

  /// Makes batches of the whole rows that are there, and with `at_end` of all that is there.
  /// \return kInvalidInput with the place, kTooLarge for a row over `limits::kTextRowBytesMax` or
  /// a batch over `batch_bytes_max`; then the decoder is done.
  Status Decode(bool at_end);

  /// Null before it is known. With a block or the end it is.
  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const;

  /// The oldest batch that was not taken yet, or null.
  std::shared_ptr<arrow::RecordBatch> TakeBatch();

 private:
  Status DecodeRows(bool at_end);
  Status CheckSchema();
  Status MakeRoom();
  [[nodiscard]] Status Located(const Status& status) const;

  const TextOptions options_;
  const std::unique_ptr<RecordParser> parser_;
  BatchValidator validator_;
  std::string text_;
  size_t bytes_held_ = 0;  // Of text_.
  bool schema_is_valid_ = false;
  int64_t batches_ = 0;
  std::deque<std::shared_ptr<arrow::RecordBatch>> ready_;
};

}  // namespace arrowport::stream
