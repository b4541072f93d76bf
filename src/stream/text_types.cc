#include "stream/text_types.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/exec.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/base64.h>
#include <arrow/util/value_parsing.h>

#include "base/ascii.h"
#include "base/error.h"
#include "stream/allocation_budget.h"

namespace arrowport::stream {
namespace {

using Type = std::shared_ptr<arrow::DataType>;

bool IsBinary(const arrow::DataType& type) {
  return type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY;
}

// Whether a value of text is a `type` as it stands: no coding has to be undone, and nobody else has
// to know its words.
bool IsPlainText(const arrow::DataType& type) {
  if (type.num_fields() > 0) {
    return std::ranges::all_of(type.fields(),
                               [](const auto& field) { return IsPlainText(*field->type()); });
  }
  return arrow::is_primitive(type.id()) || arrow::is_decimal(type.id()) ||
         arrow::is_string(type.id());
}

bool IsListed(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::FIXED_SIZE_LIST ||
         type.id() == arrow::Type::STRUCT;
}

// A number, a truth value or a text: what both readers make.
bool IsRead(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::HALF_FLOAT:
      return false;
    case arrow::Type::BOOL:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DECIMAL128:
    case arrow::Type::STRING:
      return true;
    default:
      return arrow::is_integer(type.id()) || arrow::is_floating(type.id());
  }
}

Result<std::shared_ptr<arrow::Array>> FromBase64(const arrow::StringArray& column) {
  arrow::BinaryBuilder builder(BudgetedMemoryPool());
  for (int64_t row = 0; row < column.length(); ++row) {
    if (column.IsNull(row)) {
      ARROW_RETURN_NOT_OK(builder.AppendNull());
      continue;
    }
    const auto bytes = arrow::util::base64_decode(column.GetView(row));
    if (!bytes.ok()) {
      return MakeError(ErrorKind::kInvalidInput,
                       "the column is binary, and '" + column.GetString(row) + "' is no base64");
    }
    ARROW_RETURN_NOT_OK(builder.Append(*bytes));
  }
  return builder.Finish();
}

// Arrow casts texts to all types of time but these.
Result<std::shared_ptr<arrow::Array>> TimesFromText(const arrow::StringArray& column,
                                                    const Type& wanted) {
  arrow::Time64Builder builder(wanted, BudgetedMemoryPool());
  const auto& type = static_cast<const arrow::Time64Type&>(*wanted);
  for (int64_t row = 0; row < column.length(); ++row) {
    if (column.IsNull(row)) {
      ARROW_RETURN_NOT_OK(builder.AppendNull());
      continue;
    }
    const std::string_view text = column.GetView(row);
    int64_t time = 0;
    if (!arrow::internal::ParseValue(type, text.data(), text.size(), &time)) {
      return MakeError(ErrorKind::kInvalidInput, "'" + std::string(text) + "' is no time of day");
    }
    ARROW_RETURN_NOT_OK(builder.Append(time));
  }
  return builder.Finish();
}

}  // namespace

ColumnTypes::ColumnTypes(const std::shared_ptr<arrow::Schema>& table) {
  if (table == nullptr) return;
  for (const auto& field : table->fields()) types_[ToLower(field->name())] = field->type();
}

Type ColumnTypes::Find(std::string_view name) const {
  const auto found = types_.find(ToLower(name));
  return found == types_.end() ? nullptr : found->second;
}

Type CsvTypeFor(const Type& wanted) {
  const bool is_read =
      IsRead(*wanted) || arrow::is_date(wanted->id()) || arrow::is_time(wanted->id());
  return is_read ? wanted : arrow::utf8();
}

Type JsonTypeFor(const Type& wanted) {
  if (IsRead(*wanted)) return wanted;
  if (wanted->id() == arrow::Type::MAP) return nullptr;
  if (!IsListed(*wanted)) return arrow::utf8();
  arrow::FieldVector fields;
  for (const auto& field : wanted->fields()) {
    Type type = JsonTypeFor(field->type());
    if (type == nullptr) return nullptr;
    fields.push_back(field->WithType(std::move(type)));
  }
  return wanted->id() == arrow::Type::STRUCT ? arrow::struct_(fields) : arrow::list(fields.front());
}

Result<std::shared_ptr<arrow::Array>> FromText(const std::shared_ptr<arrow::Array>& column,
                                               const Type& wanted) {
  const arrow::DataType& type = *column->type();
  if (type.Equals(*wanted)) return column;
  if (type.id() == arrow::Type::STRING && IsBinary(*wanted)) {
    return FromBase64(static_cast<const arrow::StringArray&>(*column));
  }
  if (type.id() == arrow::Type::STRING && wanted->id() == arrow::Type::TIME64) {
    return TimesFromText(static_cast<const arrow::StringArray&>(*column), wanted);
  }
  if (type.id() == arrow::Type::STRING && !arrow::is_temporal(wanted->id())) return column;
  if (!IsPlainText(*wanted) || !arrow::compute::CanCast(type, *wanted)) return column;
  arrow::compute::ExecContext context(BudgetedMemoryPool());
  context.set_use_threads(false);
  return arrow::compute::Cast(*column, wanted, arrow::compute::CastOptions::Safe(), &context);
}

}  // namespace arrowport::stream
