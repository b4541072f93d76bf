#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/shape.h"

namespace arrowport::service {

/// A field of a schema, as clients define it.
struct SchemaField {
  std::string name;
  std::string type;
  bool nullable = true;
  std::string description;
  std::vector<engine::ValueRule> rules;  ///< Of its constraints.
};

/// A named promise of rows: which fields they have, and of which table or query they are.
///
///     {"description": "Rides of the last year",
///      "table": "trips",
///      "fields": [
///        {"name": "fare", "type": "decimal128(8, 2)", "nullable": false,
///         "description": "In dollars", "constraints": {"minimum": 0, "maximum": 1000}},
///        {"name": "kind", "type": "string", "constraints": {"enum": ["day", "night"]}},
///        {"name": "code", "type": "string", "constraints": {"pattern": "^[A-Z]{3}$"}}]}
///
/// `table` or `query` (one SELECT) is needed, and one field with `name` and `type`.
struct SchemaDefinition {
  std::string description;
  std::string table;
  std::string query;
  std::vector<SchemaField> fields;
  nlohmann::ordered_json json;  ///< What was read.

  /// \return kInvalidInput for a table's name that is none.
  [[nodiscard]] Result<engine::Shape> ToShape() const;
};

/// Reads the form above.
/// \return kInvalidInput that names the place: "fields[2].constraints.minimum: …".
Result<SchemaDefinition> ParseSchemaDefinition(std::string_view text);

/// `schema`, which has fields of `definition`, with what Arrow can say of them: nullability, and
/// the description as metadata of a field.
std::shared_ptr<arrow::Schema> Described(const std::shared_ptr<arrow::Schema>& schema,
                                         const SchemaDefinition& definition);

}  // namespace arrowport::service
