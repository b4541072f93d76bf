#include "service/schema_definition.h"

#include <string>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/shape.h"

namespace arrowport::service {
namespace {

using Kind = engine::ValueRule::Kind;
using ::testing::HasSubstr;

constexpr const char* kTrips = R"json({
  "description": "Rides",
  "table": "main.trips",
  "fields": [
    {"name": "fare", "type": "decimal128(8, 2)", "nullable": false, "description": "In dollars",
     "constraints": {"minimum": 0, "maximum": 99.5}},
    {"name": "kind", "type": "string", "constraints": {"enum": ["day", "night"],
     "pattern": "^[a-z]+$"}}]})json";

TEST(SchemaDefinitionTest, ReadsAllThatItSays) {
  const SchemaDefinition definition = ParseSchemaDefinition(kTrips).ValueOrDie();
  EXPECT_EQ(definition.description, "Rides");
  const engine::Shape shape = definition.ToShape().ValueOrDie();
  EXPECT_EQ(shape.table.schema, "main");
  EXPECT_EQ(shape.table.name, "trips");
  ASSERT_EQ(shape.columns.size(), 2U);
  const auto& fare = shape.columns[0];
  EXPECT_EQ(fare.name, "fare");
  EXPECT_EQ(fare.type, "decimal128(8, 2)");
  ASSERT_EQ(fare.rules.size(), 3U);
  EXPECT_EQ(fare.rules[0].kind, Kind::kNotNull);
  EXPECT_EQ(fare.rules[1].kind, Kind::kMinimum);
  EXPECT_EQ(fare.rules[2].values.front()->ToString(), "99.5");
  const auto& kind = shape.columns[1];
  ASSERT_EQ(kind.rules.size(), 2U);
  EXPECT_EQ(kind.rules[0].kind, Kind::kOneOf);
  EXPECT_EQ(kind.rules[0].values.size(), 2U);
  EXPECT_EQ(kind.rules[1].kind, Kind::kPattern);
}

TEST(SchemaDefinitionTest, NamesThePlaceOfWhatIsWrong) {
  const std::string field = R"({"name": "a", "type": "int64")";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "not valid JSON"},
      {"[]", "the schema: must be a JSON object"},
      {R"({"table": "t"})", "fields: must be an array"},
      {R"({"table": "t", "fields": []})", "fields: must be an array"},
      {R"({"fields": [)" + field + "}]}", "either 'table' or 'query'"},
      {R"({"table": "t", "query": "FROM t", "fields": [)" + field + "}]}", "either"},
      {R"({"table": 7, "fields": [)" + field + "}]}", "the schema.table: must be a string"},
      {R"({"table": "t", "columns": [], "fields": [)" + field + "}]}", "there is no key 'columns'"},
      {R"({"table": "t", "fields": [{"name": "a"}]})", "fields[0]: has no 'type'"},
      {R"({"table": "t", "fields": [{"type": "int64"}]})", "fields[0]: has no 'name'"},
      {R"({"table": "t", "fields": [)" + field + R"(, "nullable": 1}]})", "fields[0].nullable"},
      {R"({"table": "t", "fields": [)" + field + R"(, "constraints": {"min": 1}}]})",
       "fields[0].constraints: there is no key 'min'"},
      {R"({"table": "t", "fields": [)" + field + R"(, "constraints": {"enum": []}}]})",
       "fields[0].constraints.enum: must be an array of 1 to"},
      {R"({"table": "t", "fields": [)" + field + R"(, "constraints": {"minimum": [1]}}]})",
       "fields[0].constraints.minimum: must be a number"},
      {R"({"table": "t", "fields": [)" + field + R"(, "constraints": {"pattern": 1}}]})",
       "fields[0].constraints.pattern: must be a string"},
  };
  for (const auto& [text, words] : cases) {
    const Status status = ParseSchemaDefinition(text).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << text;
    EXPECT_THAT(status.message(), HasSubstr(words)) << text;
  }
}

TEST(SchemaDefinitionTest, TellsArrowOfNullsAndMeanings) {
  const SchemaDefinition definition = ParseSchemaDefinition(kTrips).ValueOrDie();
  const auto plain = arrow::schema(
      {arrow::field("kind", arrow::utf8()), arrow::field("fare", arrow::decimal128(8, 2))});
  const auto described = Described(plain, definition);
  EXPECT_TRUE(described->field(0)->nullable());
  EXPECT_FALSE(described->field(1)->nullable());
  EXPECT_EQ(described->field(1)->metadata()->Get("description").ValueOrDie(), "In dollars");
}

}  // namespace
}  // namespace arrowport::service
