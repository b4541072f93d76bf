#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/utf8.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/limits.h"
#include "stream/validate.h"

namespace arrowport::stream {
namespace {

// duckdb::ArrayType::MAX_ARRAY_SIZE.
constexpr int32_t kArraySizeMax = 100'000;

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

// The walk is told where it is only to say so in its message; the path is built on the way out.
class SchemaWalk {
 public:
  SchemaWalk() { arrow::util::InitializeUTF8(); }

  Status Fields(const arrow::FieldVector& fields, int depth, bool names_are_keys) {
    if (depth > limits::kSchemaDepthMax) {
      return MakeError(ErrorKind::kTooLarge, "the schema is nested deeper than " +
                                                 std::to_string(limits::kSchemaDepthMax) +
                                                 " levels");
    }
    std::unordered_set<std::string> names;
    for (size_t i = 0; i < fields.size(); ++i) {
      const arrow::Field& field = *fields[i];
      if (++fields_ > limits::kSchemaFieldsMax) {
        return MakeError(ErrorKind::kTooLarge, "the schema has more than " +
                                                   std::to_string(limits::kSchemaFieldsMax) +
                                                   " fields, nested ones counted too");
      }
      ARROW_RETURN_NOT_OK(Name(field.name(), i));
      if (names_are_keys && !names.insert(ToLower(field.name())).second) {
        return Invalid("the name '" + field.name() +
                       "' stands twice (case does not tell names apart); rename one");
      }
      const Status status = Type(*field.type(), depth);
      if (!status.ok()) return WithContext("field '" + field.name() + "'", status);
    }
    return Status::OK();
  }

 private:
  static Status Name(const std::string& name, size_t place) {
    if (!arrow::util::ValidateUTF8(name)) {
      return Invalid("the name of field " + std::to_string(place) + " is not valid UTF-8");
    }
    // Names cross Arrow's C interface, where they end at the first zero byte.
    if (name.find('\0') != std::string::npos) {
      return Invalid("the name of field " + std::to_string(place) + " holds a zero byte");
    }
    return Status::OK();
  }

  Status Type(const arrow::DataType& type, int depth) {
    switch (type.id()) {
      case arrow::Type::EXTENSION:
        return Wrapped(*static_cast<const arrow::ExtensionType&>(type).storage_type(), depth);
      case arrow::Type::DICTIONARY:
        return Wrapped(*static_cast<const arrow::DictionaryType&>(type).value_type(), depth);
      case arrow::Type::TIMESTAMP: {
        const auto& zone = static_cast<const arrow::TimestampType&>(type).timezone();
        if (!arrow::util::ValidateUTF8(zone) || zone.find('\0') != std::string::npos) {
          return Invalid("the time zone is not valid UTF-8");
        }
        return Status::OK();
      }
      case arrow::Type::DECIMAL32:
      case arrow::Type::DECIMAL64:
      case arrow::Type::DECIMAL128:
      case arrow::Type::DECIMAL256:
        return Decimal(static_cast<const arrow::DecimalType&>(type));
      case arrow::Type::FIXED_SIZE_LIST:
        return FixedSizeList(static_cast<const arrow::FixedSizeListType&>(type), depth);
      default:
        if (type.num_fields() == 0) return Status::OK();
        return Fields(type.fields(), depth + 1, type.id() == arrow::Type::STRUCT);
    }
  }

  // DuckDB makes room for 2,048 arrays at once, and so has a bound on what its SQL may declare.
  Status FixedSizeList(const arrow::FixedSizeListType& type, int depth) {
    if (type.list_size() > kArraySizeMax) {
      return MakeError(ErrorKind::kUnsupportedMedia,
                       "a list of " + std::to_string(type.list_size()) +
                           " values each has no mapping in DuckDB, whose arrays have at most " +
                           std::to_string(kArraySizeMax) + "; send a list of any size");
    }
    return Fields(type.fields(), depth + 1, false);
  }

  // Arrow allows any scale, and a value of a few bytes then has as many zeros as its text.
  static Status Decimal(const arrow::DecimalType& type) {
    if (type.scale() >= 0 && type.scale() <= type.precision()) return Status::OK();
    return MakeError(ErrorKind::kUnsupportedMedia,
                     "type " + type.ToString() +
                         " has no mapping in DuckDB: of its digits, none to all stand behind the "
                         "point; cast it before sending");
  }

  // A type that wraps another counts as a level: nothing else stops it from nesting.
  Status Wrapped(const arrow::DataType& type, int depth) {
    if (depth >= limits::kSchemaDepthMax) return Fields({}, depth + 1, false);
    const bool wraps = type.id() == arrow::Type::EXTENSION || type.id() == arrow::Type::DICTIONARY;
    return Type(type, wraps ? depth + 1 : depth);
  }

  int fields_ = 0;
};

}  // namespace

Status ValidateSchema(const arrow::Schema& schema) {
  if (schema.num_fields() == 0) return Invalid("the schema has no columns");
  return SchemaWalk().Fields(schema.fields(), 1, true);
}

}  // namespace arrowport::stream
