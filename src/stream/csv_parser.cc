#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/csv/chunker.h>
#include <arrow/csv/converter.h>
#include <arrow/csv/options.h>
#include <arrow/csv/parser.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/allocation_budget.h"
#include "stream/record_parser.h"
#include "stream/text_decoder.h"
#include "stream/text_types.h"

namespace arrowport::stream {
namespace {

using arrow::csv::BlockParser;
using arrow::csv::Converter;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

arrow::csv::ParseOptions ParseOptionsOf(const TextOptions& options) {
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = options.delimiter;
  parse.newlines_in_values = true;
  return parse;
}

arrow::csv::ConvertOptions MakeConvertOptions() {
  auto convert = arrow::csv::ConvertOptions::Defaults();
  convert.null_values = {"", "NA"};
  convert.strings_can_be_null = true;
  convert.quoted_strings_can_be_null = false;
  return convert;
}

// From what few texts are to what all are.
std::vector<std::shared_ptr<arrow::DataType>> InferredTypes() {
  return {arrow::int64(),
          arrow::uint64(),
          arrow::boolean(),
          arrow::date32(),
          arrow::time64(arrow::TimeUnit::MICRO),
          arrow::timestamp(arrow::TimeUnit::MICRO),
          arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
          arrow::timestamp(arrow::TimeUnit::NANO),
          arrow::float64()};
}

class CsvParser final : public RecordParser {
 public:
  explicit CsvParser(const TextOptions& options)
      : options_(options), types_(options.table), parse_(ParseOptionsOf(options)) {
    chunker_ = arrow::csv::MakeChunker(parse_);
  }

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  [[nodiscard]] int64_t rows() const override { return rows_; }

  Result<Records> Parse(std::span<char> text, bool at_end) override {
    const size_t skipped = SkipOverhang(View(text));
    if (skipped > 0) return Records{.bytes = skipped, .batch = nullptr};
    if (names_.empty()) {
      ARROW_ASSIGN_OR_RAISE(const size_t header, ReadNames(View(text), at_end));
      if (header > 0 || names_.empty()) return Records{.bytes = header, .batch = nullptr};
    }
    std::string_view whole = View(text);
    if (at_end) {
      ARROW_RETURN_NOT_OK(CheckIsClosed(whole));
    } else {
      ARROW_ASSIGN_OR_RAISE(whole, WholeRows(whole));
    }
    if (!whole.empty()) return ParseRows(whole, at_end);
    // A header alone names columns, too.
    if (at_end && schema_ == nullptr) ARROW_RETURN_NOT_OK(ParseRows(whole, at_end));
    return Records();
  }

 private:
  static std::string_view View(std::span<char> text) { return {text.data(), text.size()}; }

  // What is no text of the rows: a byte order mark, and the second byte of a line end whose first
  // one ended the text before.
  size_t SkipOverhang(std::string_view text) {
    if (text.empty()) return 0;
    if (std::exchange(at_start_, false) && text.starts_with(kByteOrderMark)) {
      return kByteOrderMark.size();
    }
    const bool after_return = std::exchange(ends_in_return_, false);
    return after_return && text.front() == '\n' ? 1 : 0;
  }

  // \return the header's bytes. Without a header the names are of the table, or numbers.
  Result<size_t> ReadNames(std::string_view text, bool at_end) {
    if (!at_end) {
      ARROW_ASSIGN_OR_RAISE(text, WholeRows(text));
    }
    // Arrow's parser fails where there is no row.
    if (text.find_first_not_of("\r\n") == std::string_view::npos) return 0;
    BlockParser parser(BudgetedMemoryPool(), parse_, -1, 1, 1);
    uint32_t bytes = 0;
    ARROW_RETURN_NOT_OK(at_end ? parser.ParseFinal(text, &bytes) : parser.Parse(text, &bytes));
    if (parser.num_rows() == 0) return 0;
    if (parser.num_cols() > limits::kSchemaFieldsMax) {
      return MakeError(ErrorKind::kTooLarge, "there are " + std::to_string(parser.num_cols()) +
                                                 " columns; the limit is " +
                                                 std::to_string(limits::kSchemaFieldsMax));
    }
    if (options_.has_header) {
      ARROW_RETURN_NOT_OK(
          parser.VisitLastRow([this](const uint8_t* data, uint32_t size, bool, bool) {
            names_.emplace_back(reinterpret_cast<const char*>(data), size);
            return Status::OK();
          }));
      ++rows_;
      NoteEnd(text.substr(0, bytes));
    } else {
      ARROW_RETURN_NOT_OK(MakeNames(parser.num_cols()));
    }
    // Of a single column, an empty line is a row: the null.
    parse_.ignore_empty_lines = names_.size() > 1;
    return options_.has_header ? bytes : 0;
  }

  Status MakeNames(int32_t columns) {
    if (options_.table == nullptr) {
      for (int32_t i = 0; i < columns; ++i) names_.push_back("column" + std::to_string(i));
      return Status::OK();
    }
    if (options_.table->num_fields() != columns) {
      return MakeError(ErrorKind::kInvalidInput,
                       "without a header each row needs all columns of the table, which are " +
                           std::to_string(options_.table->num_fields()) + ", and the first has " +
                           std::to_string(columns));
    }
    names_ = options_.table->field_names();
    return Status::OK();
  }

  // Arrow's parser takes a quoted value that the end of the text ends.
  Status CheckIsClosed(std::string_view text) {
    const std::string ended = std::string(text) + "\n";
    ARROW_ASSIGN_OR_RAISE(const std::string_view whole, WholeRows(ended));
    if (whole.size() == ended.size()) return Status::OK();
    return MakeError(ErrorKind::kInvalidInput, "CSV: the last value's quote is not closed");
  }

  Result<std::string_view> WholeRows(std::string_view text) {
    const auto block = std::make_shared<arrow::Buffer>(text);
    std::shared_ptr<arrow::Buffer> whole;
    std::shared_ptr<arrow::Buffer> partial;
    ARROW_RETURN_NOT_OK(chunker_->Process(block, &whole, &partial));
    return text.substr(0, static_cast<size_t>(whole->size()));
  }

  Result<Records> ParseRows(std::string_view text, bool at_end) {
    const auto columns = static_cast<int32_t>(names_.size());
    BlockParser parser(BudgetedMemoryPool(), parse_, columns, rows_ + 1);
    uint32_t bytes = 0;
    ARROW_RETURN_NOT_OK(at_end ? parser.ParseFinal(text, &bytes) : parser.Parse(text, &bytes));
    if (bytes == 0 && !text.empty()) {
      return MakeError(ErrorKind::kInvalidInput, "these bytes cannot be told apart into rows");
    }
    if (schema_ == nullptr) ARROW_RETURN_NOT_OK(DecideTypes(parser));
    Records records = {.bytes = bytes, .batch = nullptr};
    if (parser.num_rows() > 0) {
      ARROW_ASSIGN_OR_RAISE(records.batch, Convert(parser));
    }
    rows_ += parser.total_num_rows();
    NoteEnd(text.substr(0, bytes));
    return records;
  }

  void NoteEnd(std::string_view text) { ends_in_return_ = text.ends_with('\r'); }

  Status DecideTypes(const BlockParser& parser) {
    arrow::FieldVector fields;
    for (size_t i = 0; i < names_.size(); ++i) {
      const auto wanted = types_.Find(names_[i]);
      std::shared_ptr<arrow::DataType> read;
      if (wanted == nullptr) {
        ARROW_ASSIGN_OR_RAISE(read, InferType(parser, static_cast<int32_t>(i)));
      } else {
        read = CsvTypeFor(wanted);
      }
      ARROW_ASSIGN_OR_RAISE(auto converter, Converter::Make(read, convert_, BudgetedMemoryPool()));
      converters_.push_back(std::move(converter));
      // What becomes of a type is seen by what becomes of no values.
      ARROW_ASSIGN_OR_RAISE(const auto none, arrow::MakeEmptyArray(read));
      ARROW_ASSIGN_OR_RAISE(const auto made, FromText(none, wanted == nullptr ? read : wanted));
      fields.push_back(arrow::field(names_[i], made->type()));
    }
    schema_ = arrow::schema(std::move(fields));
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::DataType>> InferType(const BlockParser& parser, int32_t column) {
    const auto fits = [&](const std::shared_ptr<arrow::DataType>& type) -> Result<bool> {
      ARROW_ASSIGN_OR_RAISE(auto converter, Converter::Make(type, convert_, BudgetedMemoryPool()));
      const Status converted = converter->Convert(parser, column).status();
      if (KindOf(converted) == ErrorKind::kTooLarge) return converted;
      return converted.ok();
    };
    ARROW_ASSIGN_OR_RAISE(const bool is_null, fits(arrow::null()));
    if (is_null) return arrow::utf8();
    for (const auto& type : InferredTypes()) {
      ARROW_ASSIGN_OR_RAISE(const bool is_one, fits(type));
      if (is_one) return type;
    }
    return arrow::utf8();
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Convert(const BlockParser& parser) {
    arrow::ArrayVector columns;
    for (size_t i = 0; i < names_.size(); ++i) {
      auto column = ConvertColumn(parser, i);
      if (!column.ok()) return WithContext("column '" + names_[i] + "'", column.status());
      columns.push_back(*std::move(column));
    }
    return arrow::RecordBatch::Make(schema_, parser.num_rows(), std::move(columns));
  }

  Result<std::shared_ptr<arrow::Array>> ConvertColumn(const BlockParser& parser, size_t i) {
    ARROW_ASSIGN_OR_RAISE(auto column, converters_[i]->Convert(parser, static_cast<int32_t>(i)));
    return FromText(column, schema_->field(static_cast<int>(i))->type());
  }

  // Constant after construction.
  const TextOptions options_;
  const ColumnTypes types_;
  const arrow::csv::ConvertOptions convert_ = MakeConvertOptions();

  arrow::csv::ParseOptions parse_;
  std::unique_ptr<arrow::Chunker> chunker_;
  std::vector<std::string> names_;
  std::vector<std::shared_ptr<Converter>> converters_;
  std::shared_ptr<arrow::Schema> schema_;
  int64_t rows_ = 0;
  bool at_start_ = true;
  bool ends_in_return_ = false;
};

}  // namespace

std::unique_ptr<RecordParser> MakeCsvParser(const TextOptions& options) {
  return std::make_unique<CsvParser>(options);
}

}  // namespace arrowport::stream
