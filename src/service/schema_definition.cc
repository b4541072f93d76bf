#include "service/schema_definition.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/shape.h"
#include "engine/table.h"

namespace arrowport::service {
namespace {

using Json = nlohmann::ordered_json;
using Kind = engine::ValueRule::Kind;

// Each is a parameter of the statement that checks them.
constexpr size_t kEnumValuesMax = 1'000;

Status Invalid(std::string_view place, const std::string& why) {
  return MakeError(ErrorKind::kInvalidInput, std::string(place) + ": " + why);
}

Status CheckKeys(std::string_view place, const Json& object,
                 std::initializer_list<std::string_view> known) {
  if (!object.is_object()) return Invalid(place, "must be a JSON object");
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    std::string list;
    for (const std::string_view name : known) {
      list += (list.empty() ? "" : ", ") + std::string(name);
    }
    list.insert(0, "there is no key '" + key + "'; there are ");
    return Invalid(place, list);
  }
  return Status::OK();
}

Status ReadText(std::string_view place, const Json& object, const char* key, std::string* text) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return Status::OK();
  if (!found->is_string()) {
    return Invalid(std::string(place) + "." + key, "must be a string");
  }
  *text = found->get<std::string>();
  if (text->find('\0') == std::string::npos) return Status::OK();
  return Invalid(std::string(place) + "." + key, "holds the character U+0000");
}

Result<std::shared_ptr<arrow::Scalar>> ReadValue(const std::string& place, const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return arrow::MakeScalar(value.get<bool>());
    case Json::value_t::number_integer:
      return arrow::MakeScalar(value.get<int64_t>());
    case Json::value_t::number_unsigned:
      return arrow::MakeScalar(value.get<uint64_t>());
    case Json::value_t::number_float:
      return arrow::MakeScalar(value.get<double>());
    case Json::value_t::string:
      return arrow::MakeScalar(value.get<std::string>());
    default:
      return Invalid(place, "must be a number, a string or a boolean");
  }
}

Result<engine::ValueRule> ReadOneOf(const std::string& place, const Json& values) {
  if (!values.is_array() || values.empty() || values.size() > kEnumValuesMax) {
    return Invalid(place, "must be an array of 1 to " + std::to_string(kEnumValuesMax) + " values");
  }
  engine::ValueRule rule = {.kind = Kind::kOneOf};
  for (size_t i = 0; i < values.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto value, ReadValue(place + "[" + std::to_string(i) + "]", values[i]));
    rule.values.push_back(std::move(value));
  }
  return rule;
}

Status ReadConstraints(const std::string& place, const Json& json, SchemaField* field) {
  ARROW_RETURN_NOT_OK(CheckKeys(place, json, {"minimum", "maximum", "pattern", "enum"}));
  for (const auto& [key, value] : json.items()) {
    std::string here = place;
    here.append(".").append(key);
    if (value.is_null()) continue;
    if (key == "enum") {
      ARROW_ASSIGN_OR_RAISE(auto rule, ReadOneOf(here, value));
      field->rules.push_back(std::move(rule));
      continue;
    }
    if (key == "pattern" && !value.is_string()) return Invalid(here, "must be a string");
    ARROW_ASSIGN_OR_RAISE(auto bound, ReadValue(here, value));
    const Kind kind = key == "minimum"   ? Kind::kMinimum
                      : key == "maximum" ? Kind::kMaximum
                                         : Kind::kPattern;
    field->rules.push_back({.kind = kind, .values = {std::move(bound)}});
  }
  return Status::OK();
}

Result<SchemaField> ReadField(const std::string& place, const Json& json) {
  ARROW_RETURN_NOT_OK(
      CheckKeys(place, json, {"name", "type", "nullable", "description", "constraints"}));
  SchemaField field;
  ARROW_RETURN_NOT_OK(ReadText(place, json, "name", &field.name));
  ARROW_RETURN_NOT_OK(ReadText(place, json, "type", &field.type));
  ARROW_RETURN_NOT_OK(ReadText(place, json, "description", &field.description));
  if (field.name.empty()) return Invalid(place, "has no 'name'");
  if (field.type.empty()) return Invalid(place, "has no 'type'");
  if (const auto nullable = json.find("nullable"); nullable != json.end()) {
    if (!nullable->is_boolean()) return Invalid(place + ".nullable", "must be true or false");
    field.nullable = nullable->get<bool>();
  }
  if (!field.nullable) field.rules.push_back({.kind = Kind::kNotNull});
  if (const auto found = json.find("constraints"); found != json.end() && !found->is_null()) {
    ARROW_RETURN_NOT_OK(ReadConstraints(place + ".constraints", *found, &field));
  }
  return field;
}

Status ReadFields(const Json& json, SchemaDefinition* definition) {
  const auto found = json.find("fields");
  if (found == json.end() || !found->is_array() || found->empty()) {
    return Invalid("fields", "must be an array of one field or more");
  }
  for (size_t i = 0; i < found->size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto field, ReadField("fields[" + std::to_string(i) + "]", (*found)[i]));
    definition->fields.push_back(std::move(field));
  }
  return Status::OK();
}

}  // namespace

Result<engine::Shape> SchemaDefinition::ToShape() const {
  engine::Shape shape;
  shape.query = query;
  if (query.empty()) {
    const auto name = engine::TableName::Parse(table);
    if (!name.ok()) return WithContext("table", name.status());
    shape.table = *name;
  }
  for (const SchemaField& field : fields) {
    shape.columns.push_back({.name = field.name, .type = field.type, .rules = field.rules});
  }
  return shape;
}

Result<SchemaDefinition> ParseSchemaDefinition(std::string_view text) {
  constexpr std::string_view kPlace = "the schema";
  SchemaDefinition definition;
  definition.json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const Json& json = definition.json;
  if (json.is_discarded()) return Invalid(kPlace, "is not valid JSON");
  ARROW_RETURN_NOT_OK(CheckKeys(kPlace, json, {"description", "table", "query", "fields"}));
  ARROW_RETURN_NOT_OK(ReadText(kPlace, json, "description", &definition.description));
  ARROW_RETURN_NOT_OK(ReadText(kPlace, json, "table", &definition.table));
  ARROW_RETURN_NOT_OK(ReadText(kPlace, json, "query", &definition.query));
  if (definition.table.empty() == definition.query.empty()) {
    return Invalid(kPlace, "must have either 'table' or 'query'");
  }
  ARROW_RETURN_NOT_OK(ReadFields(json, &definition));
  return definition;
}

std::shared_ptr<arrow::Schema> Described(const std::shared_ptr<arrow::Schema>& schema,
                                         const SchemaDefinition& definition) {
  arrow::FieldVector fields;
  for (const auto& field : schema->fields()) {
    const auto same_name = [&field](const SchemaField& f) { return f.name == field->name(); };
    const auto defined = std::ranges::find_if(definition.fields, same_name);
    if (defined == definition.fields.end()) {
      fields.push_back(field);
      continue;
    }
    auto described = field->WithNullable(defined->nullable);
    if (!defined->description.empty()) {
      described = described->WithMergedMetadata(
          arrow::key_value_metadata({"description"}, {defined->description}));
    }
    fields.push_back(std::move(described));
  }
  return arrow::schema(std::move(fields), schema->metadata());
}

}  // namespace arrowport::service
