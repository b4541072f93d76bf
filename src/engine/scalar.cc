#include "engine/scalar.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <arrow/visit_scalar_inline.h>

#include "base/error.h"

namespace arrowport::engine {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

duckdb::timestamp_t TimestampOf(int64_t value) { return duckdb::timestamp_t(value); }

Value TimestampValue(const arrow::TimestampScalar& scalar) {
  const auto& type = static_cast<const arrow::TimestampType&>(*scalar.type);
  const bool zoned = !type.timezone().empty();
  switch (type.unit()) {
    case arrow::TimeUnit::SECOND:
      if (zoned) return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(scalar.value * 1'000'000));
      return Value::TIMESTAMPSEC(duckdb::timestamp_sec_t(scalar.value));
    case arrow::TimeUnit::MILLI:
      if (zoned) return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(scalar.value * 1'000));
      return Value::TIMESTAMPMS(duckdb::timestamp_ms_t(scalar.value));
    case arrow::TimeUnit::MICRO:
      if (zoned) return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(scalar.value));
      return Value::TIMESTAMP(TimestampOf(scalar.value));
    case arrow::TimeUnit::NANO:
      if (zoned) return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(scalar.value / 1'000));
      return Value::TIMESTAMPNS(duckdb::timestamp_ns_t(scalar.value));
  }
  return Value();
}

// DuckDB's type for values of `type`, as Converter makes them; SQLNULL where that has no mapping.
LogicalType TypeOf(const arrow::DataType& type);

LogicalType TimestampTypeOf(const arrow::TimestampType& type) {
  if (!type.timezone().empty()) return LogicalType::TIMESTAMP_TZ;
  switch (type.unit()) {
    case arrow::TimeUnit::SECOND:
      return LogicalType::TIMESTAMP_S;
    case arrow::TimeUnit::MILLI:
      return LogicalType::TIMESTAMP_MS;
    case arrow::TimeUnit::MICRO:
      return LogicalType::TIMESTAMP;
    case arrow::TimeUnit::NANO:
      return LogicalType::TIMESTAMP_NS;
  }
  return LogicalType::SQLNULL;
}

LogicalType NestedTypeOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST:
      return LogicalType::LIST(TypeOf(*type.field(0)->type()));
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return LogicalType::MAP(TypeOf(*map.key_type()), TypeOf(*map.item_type()));
    }
    case arrow::Type::STRUCT: {
      duckdb::child_list_t<LogicalType> fields;
      for (const auto& field : type.fields()) {
        fields.emplace_back(field->name(), TypeOf(*field->type()));
      }
      return LogicalType::STRUCT(std::move(fields));
    }
    case arrow::Type::DICTIONARY:
      return TypeOf(*static_cast<const arrow::DictionaryType&>(type).value_type());
    default:
      return LogicalType::SQLNULL;
  }
}

LogicalType TypeOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return LogicalType::BOOLEAN;
    case arrow::Type::INT8:
      return LogicalType::TINYINT;
    case arrow::Type::INT16:
      return LogicalType::SMALLINT;
    case arrow::Type::INT32:
      return LogicalType::INTEGER;
    case arrow::Type::INT64:
      return LogicalType::BIGINT;
    case arrow::Type::UINT8:
      return LogicalType::UTINYINT;
    case arrow::Type::UINT16:
      return LogicalType::USMALLINT;
    case arrow::Type::UINT32:
      return LogicalType::UINTEGER;
    case arrow::Type::UINT64:
      return LogicalType::UBIGINT;
    case arrow::Type::FLOAT:
      return LogicalType::FLOAT;
    case arrow::Type::DOUBLE:
      return LogicalType::DOUBLE;
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return LogicalType::VARCHAR;
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return LogicalType::BLOB;
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return LogicalType::DATE;
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
      return LogicalType::TIME;
    case arrow::Type::TIMESTAMP:
      return TimestampTypeOf(static_cast<const arrow::TimestampType&>(type));
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      return LogicalType::DECIMAL(static_cast<uint8_t>(decimal.precision()),
                                  static_cast<uint8_t>(decimal.scale()));
    }
    case arrow::Type::DURATION:
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return LogicalType::INTERVAL;
    default:
      return NestedTypeOf(type);
  }
}

Value DurationValue(const arrow::DurationScalar& scalar) {
  constexpr int64_t kMicros = 1'000'000;
  switch (static_cast<const arrow::DurationType&>(*scalar.type).unit()) {
    case arrow::TimeUnit::SECOND:
      return Value::INTERVAL(0, 0, scalar.value * kMicros);
    case arrow::TimeUnit::MILLI:
      return Value::INTERVAL(0, 0, scalar.value * 1'000);
    case arrow::TimeUnit::MICRO:
      return Value::INTERVAL(0, 0, scalar.value);
    case arrow::TimeUnit::NANO:
      return Value::INTERVAL(0, 0, scalar.value / 1'000);
  }
  return Value();
}

/// One overload a family of types; the visitor picks it.
class Converter {
 public:
  Result<Value> Convert(const arrow::Scalar& scalar) {
    // NULL has a type, too: that of what a statement makes of it depends on that.
    if (!scalar.is_valid) return Value(TypeOf(*scalar.type));
    ARROW_RETURN_NOT_OK(arrow::VisitScalarInline(scalar, this));
    return std::move(value_);
  }

  Status Visit(const arrow::NullScalar& /*scalar*/) { return Set(Value()); }
  Status Visit(const arrow::BooleanScalar& scalar) { return Set(Value::BOOLEAN(scalar.value)); }
  Status Visit(const arrow::Int8Scalar& scalar) { return Set(Value::TINYINT(scalar.value)); }
  Status Visit(const arrow::Int16Scalar& scalar) { return Set(Value::SMALLINT(scalar.value)); }
  Status Visit(const arrow::Int32Scalar& scalar) { return Set(Value::INTEGER(scalar.value)); }
  Status Visit(const arrow::Int64Scalar& scalar) { return Set(Value::BIGINT(scalar.value)); }
  Status Visit(const arrow::UInt8Scalar& scalar) { return Set(Value::UTINYINT(scalar.value)); }
  Status Visit(const arrow::UInt16Scalar& scalar) { return Set(Value::USMALLINT(scalar.value)); }
  Status Visit(const arrow::UInt32Scalar& scalar) { return Set(Value::UINTEGER(scalar.value)); }
  Status Visit(const arrow::UInt64Scalar& scalar) { return Set(Value::UBIGINT(scalar.value)); }
  Status Visit(const arrow::FloatScalar& scalar) { return Set(Value::FLOAT(scalar.value)); }
  Status Visit(const arrow::DoubleScalar& scalar) { return Set(Value::DOUBLE(scalar.value)); }
  Status Visit(const arrow::StringScalar& scalar) { return SetText(scalar); }
  Status Visit(const arrow::LargeStringScalar& scalar) { return SetText(scalar); }
  Status Visit(const arrow::StringViewScalar& scalar) { return SetText(scalar); }
  Status Visit(const arrow::BinaryScalar& scalar) { return SetBlob(scalar); }
  Status Visit(const arrow::LargeBinaryScalar& scalar) { return SetBlob(scalar); }
  Status Visit(const arrow::BinaryViewScalar& scalar) { return SetBlob(scalar); }
  Status Visit(const arrow::FixedSizeBinaryScalar& scalar) { return SetBlob(scalar); }

  Status Visit(const arrow::Date32Scalar& scalar) {
    return Set(Value::DATE(duckdb::date_t(scalar.value)));
  }
  Status Visit(const arrow::Date64Scalar& scalar) {
    constexpr int64_t kDayMs = 86'400'000;
    return Set(Value::DATE(duckdb::date_t(static_cast<int32_t>(scalar.value / kDayMs))));
  }
  Status Visit(const arrow::TimestampScalar& scalar) { return Set(TimestampValue(scalar)); }
  Status Visit(const arrow::Time32Scalar& scalar) {
    const auto unit = static_cast<const arrow::Time32Type&>(*scalar.type).unit();
    const int64_t micros = unit == arrow::TimeUnit::SECOND ? 1'000'000 : 1'000;
    return Set(Value::TIME(duckdb::dtime_t(scalar.value * micros)));
  }
  Status Visit(const arrow::Time64Scalar& scalar) {
    const auto unit = static_cast<const arrow::Time64Type&>(*scalar.type).unit();
    const int64_t divisor = unit == arrow::TimeUnit::NANO ? 1'000 : 1;
    return Set(Value::TIME(duckdb::dtime_t(scalar.value / divisor)));
  }

  Status Visit(const arrow::Decimal128Scalar& scalar) {
    const auto& type = static_cast<const arrow::Decimal128Type&>(*scalar.type);
    const duckdb::hugeint_t value(scalar.value.high_bits(), scalar.value.low_bits());
    return Set(Value::DECIMAL(value, static_cast<uint8_t>(type.precision()),
                              static_cast<uint8_t>(type.scale())));
  }

  Status Visit(const arrow::DictionaryScalar& scalar) {
    ARROW_ASSIGN_OR_RAISE(auto value, scalar.GetEncodedValue());
    ARROW_ASSIGN_OR_RAISE(value_, ToDuckDbValue(*value));
    return Status::OK();
  }

  Status Visit(const arrow::DurationScalar& scalar) { return Set(DurationValue(scalar)); }
  Status Visit(const arrow::MonthDayNanoIntervalScalar& scalar) {
    const auto& value = scalar.value;
    return Set(Value::INTERVAL(value.months, value.days, value.nanoseconds / 1'000));
  }

  Status Visit(const arrow::ListScalar& scalar) { return SetList(scalar); }
  Status Visit(const arrow::LargeListScalar& scalar) { return SetList(scalar); }
  Status Visit(const arrow::FixedSizeListScalar& scalar) { return SetList(scalar); }

  Status Visit(const arrow::MapScalar& scalar) {
    const auto& entries = static_cast<const arrow::StructArray&>(*scalar.value);
    const LogicalType type = TypeOf(*scalar.type);
    ARROW_ASSIGN_OR_RAISE(auto keys, ValuesOf(*entries.field(0)));
    ARROW_ASSIGN_OR_RAISE(auto items, ValuesOf(*entries.field(1)));
    return Set(Value::MAP(duckdb::MapType::KeyType(type), duckdb::MapType::ValueType(type),
                          std::move(keys), std::move(items)));
  }

  // Clients that know no type of a parameter send one of several.
  Status Visit(const arrow::DenseUnionScalar& scalar) { return SetChild(*scalar.value); }
  Status Visit(const arrow::SparseUnionScalar& scalar) {
    return SetChild(*scalar.value[static_cast<size_t>(scalar.child_id)]);
  }

  Status Visit(const arrow::StructScalar& scalar) {
    duckdb::child_list_t<Value> fields;
    for (int i = 0; i < scalar.type->num_fields(); ++i) {
      ARROW_ASSIGN_OR_RAISE(Value value, ToDuckDbValue(*scalar.value[static_cast<size_t>(i)]));
      fields.emplace_back(scalar.type->field(i)->name(), std::move(value));
    }
    return Set(Value::STRUCT(std::move(fields)));
  }

  Status Visit(const arrow::Scalar& scalar) {
    return MakeError(ErrorKind::kUnsupportedMedia,
                     "a parameter of type " + scalar.type->ToString() +
                         " has no mapping; send it as text and cast it in the statement");
  }

 private:
  Status Set(Value value) {
    value_ = std::move(value);
    return Status::OK();
  }
  Status SetText(const arrow::BaseBinaryScalar& scalar) {
    return Set(Value(std::string(scalar.view())));
  }
  Status SetBlob(const arrow::BaseBinaryScalar& scalar) {
    return Set(Value::BLOB(reinterpret_cast<duckdb::const_data_ptr_t>(scalar.view().data()),
                           scalar.view().size()));
  }
  static Result<duckdb::vector<Value>> ValuesOf(const arrow::Array& array) {
    duckdb::vector<Value> values;
    for (int64_t i = 0; i < array.length(); ++i) {
      ARROW_ASSIGN_OR_RAISE(const auto element, array.GetScalar(i));
      ARROW_ASSIGN_OR_RAISE(Value value, ToDuckDbValue(*element));
      values.push_back(std::move(value));
    }
    return values;
  }
  Status SetList(const arrow::BaseListScalar& scalar) {
    ARROW_ASSIGN_OR_RAISE(auto values, ValuesOf(*scalar.value));
    return Set(Value::LIST(TypeOf(*scalar.value->type()), std::move(values)));
  }
  Status SetChild(const arrow::Scalar& child) {
    ARROW_ASSIGN_OR_RAISE(value_, ToDuckDbValue(child));
    return Status::OK();
  }

  Value value_;
};

}  // namespace

Result<Value> ToDuckDbValue(const arrow::Scalar& scalar) { return Converter().Convert(scalar); }

Result<duckdb::case_insensitive_map_t<duckdb::BoundParameterData>> ToDuckDbParameters(
    const std::vector<std::shared_ptr<arrow::Scalar>>& parameters) {
  duckdb::case_insensitive_map_t<duckdb::BoundParameterData> values;
  for (size_t i = 0; i < parameters.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(Value value, ToDuckDbValue(*parameters[i]));
    values.emplace(std::to_string(i + 1), duckdb::BoundParameterData(std::move(value)));
  }
  return values;
}

}  // namespace arrowport::engine
