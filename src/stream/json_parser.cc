#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/chunked_array.h>
#include <arrow/json/chunked_builder.h>
#include <arrow/json/converter.h>
#include <arrow/json/options.h>
#include <arrow/json/parser.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/task_group.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/allocation_budget.h"
#include "stream/json_records.h"
#include "stream/record_parser.h"
#include "stream/text_decoder.h"
#include "stream/text_types.h"

namespace arrowport::stream {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Values of one batch, those that are missing too: a short object may be of a table with many
// columns.
constexpr int64_t kCellsMax = int64_t{4} * 1024 * 1024;

using arrow::json::UnexpectedFieldBehavior;
using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

// What a type that was inferred from a few values becomes, so that others have room: text for
// nulls, and microseconds for seconds.
std::shared_ptr<arrow::DataType> Widened(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::NA:
      return arrow::utf8();
    case arrow::Type::TIMESTAMP:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case arrow::Type::LIST:
      return arrow::list(type->field(0)->WithType(Widened(type->field(0)->type())));
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) {
        fields.push_back(field->WithType(Widened(field->type())));
      }
      return arrow::struct_(fields);
    }
    default:
      return type;
  }
}

// "… in row 7", counted from 0 in a text behind `rows` rows, as a row of the whole.
Status WithRow(const Status& status, int64_t rows) {
  constexpr std::string_view kWords = " in row ";
  const std::string& message = status.message();
  const size_t found = message.rfind(kWords);
  if (status.ok() || found == std::string::npos) return status;
  const size_t begin = found + kWords.size();
  int64_t row = 0;
  const auto read = std::from_chars(message.data() + begin, message.data() + message.size(), row);
  if (read.ec != std::errc()) return status;
  return MakeError(KindOf(status), message.substr(0, begin) + std::to_string(rows + row + 1));
}

class JsonParser final : public RecordParser {
 public:
  explicit JsonParser(const TextOptions& options)
      : types_(options.table), records_(options.form == TextForm::kJson) {}

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  [[nodiscard]] int64_t rows() const override { return rows_; }

  Result<Records> Parse(std::span<char> text, bool at_end) override {
    if (!text.empty() && std::exchange(at_start_, false)) SkipMark(text);
    const int64_t count_max =
        schema_ == nullptr ? INT64_MAX : std::max<int64_t>(kCellsMax / schema_->num_fields(), 1);
    JsonKeys keys;
    JsonKeys* const wanted = schema_ == nullptr ? &keys : nullptr;
    ARROW_ASSIGN_OR_RAISE(const auto cut, records_.Next(text, count_max, at_end, wanted));
    Records records = {.bytes = cut.bytes, .batch = nullptr};
    if (cut.count == 0) return records;
    const std::string_view objects(text.data(), cut.bytes);
    if (schema_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(records.batch, ParseFirst(objects, keys));
    } else {
      ARROW_ASSIGN_OR_RAISE(records.batch,
                            ParseObjects(objects, read_, UnexpectedFieldBehavior::Error));
    }
    ARROW_ASSIGN_OR_RAISE(records.batch, Finished(records.batch));
    rows_ += cut.count;
    return records;
  }

 private:
  static void SkipMark(std::span<char> text) {
    if (!std::string_view(text.data(), text.size()).starts_with(kByteOrderMark)) return;
    std::ranges::fill(text.first(kByteOrderMark.size()), ' ');
  }

  Result<BatchPtr> ParseFirst(std::string_view objects, const JsonKeys& keys) {
    arrow::FieldVector known;
    for (const std::string& name : keys.names()) {
      const auto wanted = types_.Find(name);
      auto type = wanted == nullptr ? nullptr : JsonTypeFor(wanted);
      if (type != nullptr) known.push_back(arrow::field(name, std::move(type)));
    }
    ARROW_ASSIGN_OR_RAISE(BatchPtr batch, ParseObjects(objects, arrow::schema(known),
                                                       UnexpectedFieldBehavior::InferType));
    arrow::FieldVector fields = batch->schema()->fields();
    for (size_t i = known.size(); i < fields.size(); ++i) {
      fields[i] = fields[i]->WithType(Widened(fields[i]->type()));
    }
    read_ = arrow::schema(std::move(fields));
    if (read_->Equals(*batch->schema(), /*check_metadata=*/false)) return batch;
    return ParseObjects(objects, read_, UnexpectedFieldBehavior::Error);
  }

  Result<BatchPtr> ParseObjects(std::string_view objects,
                                const std::shared_ptr<arrow::Schema>& known,
                                UnexpectedFieldBehavior others) {
    auto batch = ParseBatch(objects, known, others);
    if (batch.ok()) return batch;
    const Status located = WithRow(batch.status(), rows_);
    if (located.message().find("unexpected field") == std::string::npos) return located;
    return MakeError(KindOf(located),
                     located.message() + ": a key that nothing of the first MiB has");
  }

  static Result<BatchPtr> ParseBatch(std::string_view objects,
                                     const std::shared_ptr<arrow::Schema>& known,
                                     UnexpectedFieldBehavior others) {
    arrow::MemoryPool* const pool = BudgetedMemoryPool();
    auto options = arrow::json::ParseOptions::Defaults();
    options.explicit_schema = known;
    options.unexpected_field_behavior = others;
    std::unique_ptr<arrow::json::BlockParser> parser;
    ARROW_RETURN_NOT_OK(arrow::json::BlockParser::Make(pool, options, &parser));
    ARROW_RETURN_NOT_OK(parser->ReserveScalarStorage(static_cast<int64_t>(objects.size())));
    ARROW_RETURN_NOT_OK(parser->Parse(std::make_shared<arrow::Buffer>(objects)));
    std::shared_ptr<arrow::Array> parsed;
    ARROW_RETURN_NOT_OK(parser->Finish(&parsed));
    const auto type = arrow::struct_(known->fields());
    const auto* const promotion =
        others == UnexpectedFieldBehavior::InferType ? arrow::json::GetPromotionGraph() : nullptr;
    std::shared_ptr<arrow::json::ChunkedArrayBuilder> builder;
    ARROW_RETURN_NOT_OK(arrow::json::MakeChunkedArrayBuilder(
        arrow::internal::TaskGroup::MakeSerial(), pool, promotion, type, &builder));
    builder->Insert(0, arrow::field("", parsed->type()), parsed);
    std::shared_ptr<arrow::ChunkedArray> made;
    ARROW_RETURN_NOT_OK(builder->Finish(&made));
    if (made->num_chunks() != 1) {
      return MakeError(ErrorKind::kInternal, "the rows of a text came in parts");
    }
    return arrow::RecordBatch::FromStructArray(made->chunk(0), pool);
  }

  // `batch` with the table's types where it was read as text.
  Result<BatchPtr> Finished(const BatchPtr& batch) {
    arrow::ArrayVector columns;
    arrow::FieldVector fields;
    for (int i = 0; i < batch->num_columns(); ++i) {
      const std::string& name = batch->column_name(i);
      const auto wanted = types_.Find(name);
      auto column =
          FromText(batch->column(i), wanted == nullptr ? batch->column(i)->type() : wanted);
      if (!column.ok()) return WithContext("column '" + name + "'", column.status());
      fields.push_back(arrow::field(name, (*column)->type()));
      columns.push_back(*std::move(column));
    }
    if (schema_ == nullptr) schema_ = arrow::schema(std::move(fields));
    return arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
  }

  // Constant after construction.
  const ColumnTypes types_;

  JsonRecords records_;
  std::shared_ptr<arrow::Schema> read_;  // What Arrow's reader is told.
  std::shared_ptr<arrow::Schema> schema_;
  int64_t rows_ = 0;
  bool at_start_ = true;
};

}  // namespace

std::unique_ptr<RecordParser> MakeJsonParser(const TextOptions& options) {
  return std::make_unique<JsonParser>(options);
}

}  // namespace arrowport::stream
