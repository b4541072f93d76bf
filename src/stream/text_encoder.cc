#include "stream/text_encoder.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/batch_encoder.h"
#include "stream/text_value.h"
#include "stream/value_writer.h"

namespace arrowport::stream {
namespace {

// Small enough to grow without much copying, large enough that pieces cost nothing.
constexpr size_t kPieceBytes = 1 * kMiB;

/// The form that rows take: what stands before, between and after them.
class RowFormat {
 public:
  virtual ~RowFormat() = default;
  virtual void AppendStart(std::string* out) = 0;
  virtual void AppendRow(int64_t row, std::string* out) = 0;
  virtual void AppendEnd(std::string* out) = 0;
};

using Columns = std::vector<std::unique_ptr<ValueWriter>>;

/// Rows as JSON objects, each on a line of its own.
class JsonRows final : public RowFormat {
 public:
  JsonRows(const arrow::Schema& schema, const Columns& columns, bool is_array)
      : columns_(columns), is_array_(is_array) {
    JsonKeys keys;
    for (const auto& field : schema.fields()) keys_.push_back(keys.Add(field->name()));
  }

  void AppendStart(std::string* out) override {
    if (is_array_) out->push_back('[');
  }

  void AppendRow(int64_t row, std::string* out) override {
    if (is_array_ && has_rows_) out->append(",\n");
    has_rows_ = true;
    for (size_t i = 0; i < columns_.size(); ++i) {
      out->append(keys_[i]);
      columns_[i]->AppendJsonOrNull(row, out);
    }
    out->append(columns_.empty() ? "{}" : "}");
    if (!is_array_) out->push_back('\n');
  }

  void AppendEnd(std::string* out) override {
    if (is_array_) out->append("]\n");
  }

 private:
  // Constant after construction.
  const Columns& columns_;
  const bool is_array_;
  std::vector<std::string> keys_;

  bool has_rows_ = false;
};

/// RFC 4180, with LF as line end.
class CsvRows final : public RowFormat {
 public:
  CsvRows(std::shared_ptr<arrow::Schema> schema, const Columns& columns)
      : schema_(std::move(schema)), columns_(columns) {}

  void AppendStart(std::string* out) override {
    for (int i = 0; i < schema_->num_fields(); ++i) {
      if (i > 0) out->push_back(',');
      AppendField(schema_->field(i)->name(), out);
    }
    out->push_back('\n');
  }

  void AppendRow(int64_t row, std::string* out) override {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out->push_back(',');
      const ValueWriter& column = *columns_[i];
      if (column.IsNull(row)) continue;
      if (!column.has_free_text()) {
        const size_t start = out->size();
        column.AppendText(row, out);
        // The base64 of no bytes is no text, which bare would be null.
        if (out->size() == start) out->append("\"\"");
        continue;
      }
      text_.clear();
      column.AppendText(row, &text_);
      AppendField(text_, out);
    }
    out->push_back('\n');
  }

  void AppendEnd(std::string* /*out*/) override {}

 private:
  static void AppendField(std::string_view text, std::string* out) {
    // Bare, the empty text is null; NA is too for many readers, ours among them.
    const bool is_bare =
        !text.empty() && text != "NA" && text.find_first_of("\",\r\n") == std::string_view::npos;
    if (is_bare) {
      out->append(text);
      return;
    }
    out->push_back('"');
    for (const char c : text) {
      if (c == '"') out->push_back('"');
      out->push_back(c);
    }
    out->push_back('"');
  }

  // Constant after construction.
  const std::shared_ptr<arrow::Schema> schema_;
  const Columns& columns_;

  std::string text_;
};

class TextEncoder final : public BatchEncoder {
 public:
  TextEncoder(WireFormat format, std::shared_ptr<arrow::Schema> schema, Columns columns)
      : schema_(std::move(schema)), columns_(std::move(columns)) {
    if (format == WireFormat::kCsv) {
      rows_ = std::make_unique<CsvRows>(schema_, columns_);
    } else {
      rows_ = std::make_unique<JsonRows>(*schema_, columns_, format == WireFormat::kJson);
    }
  }

  Result<Buffers> Begin() override {
    std::string text;
    rows_->AppendStart(&text);
    return InPieces(std::move(text));
  }

  Result<Buffers> Encode(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    ARROW_RETURN_NOT_OK(Bind(*batch));
    Buffers pieces;
    std::string text;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      rows_->AppendRow(row, &text);
      if (text.size() >= kPieceBytes) {
        pieces.push_back(arrow::Buffer::FromString(std::exchange(text, {})));
      }
    }
    if (!text.empty()) pieces.push_back(arrow::Buffer::FromString(std::move(text)));
    return pieces;
  }

  Result<Buffers> End() override {
    std::string text;
    rows_->AppendEnd(&text);
    return InPieces(std::move(text));
  }

 private:
  static Buffers InPieces(std::string text) {
    if (text.empty()) return {};
    return {arrow::Buffer::FromString(std::move(text))};
  }

  Status Bind(const arrow::RecordBatch& batch) {
    if (batch.num_columns() != schema_->num_fields()) {
      return MakeError(ErrorKind::kInternal, "a batch with another number of columns");
    }
    for (int i = 0; i < schema_->num_fields(); ++i) {
      const auto column = batch.column(i);
      if (!column->type()->Equals(*schema_->field(i)->type())) {
        return MakeError(ErrorKind::kInternal, "column '" + schema_->field(i)->name() +
                                                   "' of a batch is of another type");
      }
      columns_[static_cast<size_t>(i)]->Bind(*column);
    }
    return Status::OK();
  }

  // Constant after construction.
  const std::shared_ptr<arrow::Schema> schema_;
  const Columns columns_;
  std::unique_ptr<RowFormat> rows_;
};

Result<std::unique_ptr<BatchEncoder>> Make(WireFormat format,
                                           const std::shared_ptr<arrow::Schema>& schema) {
  Columns columns;
  for (const auto& field : schema->fields()) {
    ARROW_ASSIGN_OR_RAISE(auto column, MakeValueWriter(field->type()));
    columns.push_back(std::move(column));
  }
  return std::make_unique<TextEncoder>(format, schema, std::move(columns));
}

}  // namespace

Result<std::unique_ptr<BatchEncoder>> MakeJsonEncoder(
    const std::shared_ptr<arrow::Schema>& schema) {
  return Make(WireFormat::kJson, schema);
}

Result<std::unique_ptr<BatchEncoder>> MakeNdjsonEncoder(
    const std::shared_ptr<arrow::Schema>& schema) {
  return Make(WireFormat::kNdjson, schema);
}

Result<std::unique_ptr<BatchEncoder>> MakeCsvEncoder(const std::shared_ptr<arrow::Schema>& schema) {
  return Make(WireFormat::kCsv, schema);
}

}  // namespace arrowport::stream
