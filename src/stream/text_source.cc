#include <cstdint>
#include <memory>
#include <utility>

#include <arrow/csv/options.h>
#include <arrow/csv/reader.h>
#include <arrow/io/interfaces.h>
#include <arrow/json/options.h>
#include <arrow/json/reader.h>
#include <arrow/type.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/json_lines.h"
#include "stream/source_readers.h"

namespace arrowport::stream {
namespace {

// What is parsed at once; types are inferred from the first block.
constexpr int32_t kBlockBytes = 8 * kMiB;

Result<std::shared_ptr<arrow::csv::StreamingReader>> OpenCsv(
    const OpenInput& open, const arrow::csv::ParseOptions& parse,
    const arrow::csv::ConvertOptions& convert) {
  auto read = arrow::csv::ReadOptions::Defaults();
  read.block_size = kBlockBytes;
  ARROW_ASSIGN_OR_RAISE(auto input, open());
  return arrow::csv::StreamingReader::Make(arrow::io::default_io_context(), std::move(input), read,
                                           parse, convert);
}

Result<std::shared_ptr<arrow::json::StreamingReader>> OpenJson(
    const OpenInput& open, bool may_be_array, const arrow::json::ParseOptions& parse) {
  auto read = arrow::json::ReadOptions::Defaults();
  read.block_size = kBlockBytes;
  ARROW_ASSIGN_OR_RAISE(auto input, open());
  if (may_be_array) input = ToJsonLines(std::move(input));
  return arrow::json::StreamingReader::Make(std::move(input), read, parse);
}

}  // namespace

Result<BatchSource> OpenCsvSource(const OpenInput& open) {
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.newlines_in_values = true;
  auto convert = arrow::csv::ConvertOptions::Defaults();
  convert.null_values = {"", "NA"};
  convert.strings_can_be_null = true;
  convert.quoted_strings_can_be_null = false;
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenCsv(open, parse, convert));
  // Of a single column, an empty line is a row: the null.
  parse.ignore_empty_lines = reader->schema()->num_fields() > 1;
  // A column of which only nulls were seen would refuse the first value that is none.
  for (const auto& field : reader->schema()->fields()) {
    if (field->type()->id() == arrow::Type::NA) convert.column_types[field->name()] = arrow::utf8();
  }
  if (!convert.column_types.empty() || !parse.ignore_empty_lines) {
    ARROW_ASSIGN_OR_RAISE(reader, OpenCsv(open, parse, convert));
  }
  return BatchSource{std::move(reader)};
}

Result<BatchSource> OpenJsonSource(const OpenInput& open, bool may_be_array) {
  auto parse = arrow::json::ParseOptions::Defaults();
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenJson(open, may_be_array, parse));
  arrow::FieldVector only_nulls;
  for (const auto& field : reader->schema()->fields()) {
    if (field->type()->id() == arrow::Type::NA) {
      only_nulls.push_back(field->WithType(arrow::utf8()));
    }
  }
  if (!only_nulls.empty()) {
    parse.explicit_schema = arrow::schema(std::move(only_nulls));
    ARROW_ASSIGN_OR_RAISE(reader, OpenJson(open, may_be_array, parse));
  }
  return BatchSource{std::move(reader)};
}

}  // namespace arrowport::stream
