#include "service/schema_registry.h"

#include <memory>
#include <optional>
#include <string>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "engine/test_batches.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::service {
namespace {

using engine::testing::OpenMemory;
using engine::testing::ReadAll;
using ::testing::AllOf;
using ::testing::HasSubstr;

class SchemaRegistryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Run("CREATE TABLE trips AS SELECT i AS id, (i * 1.5)::DOUBLE AS fare, 'day' AS kind "
        "FROM range(10) t(i)");
  }

  void Run(const std::string& sql) {
    const auto ran = ReadAll(*database_, sql);
    ASSERT_TRUE(ran.ok()) << sql << ": " << ran.status();
  }

  Status Put(const std::string& fields, const std::string& source = R"("table": "trips")") {
    return schemas_.Put({}, "rides", "{" + source + R"(, "fields": [)" + fields + "]}").status();
  }

  Result<std::shared_ptr<arrow::Table>> Read(const engine::TableRead& read = {}) {
    ARROW_ASSIGN_OR_RAISE(auto rows, schemas_.Read({}, "rides", {.read = read}));
    return ToReader(std::move(rows))->ToTable();
  }

  const std::shared_ptr<engine::Database> database_ = OpenMemory();
  observe::Metrics metrics_;
  Service service_{database_, metrics_};
  SchemaRegistry& schemas_ = service_.schemas();
};

constexpr const char* kId = R"({"name": "id", "type": "int64", "nullable": false})";

TEST_F(SchemaRegistryTest, ReadsRowsInTheTypesAndOrderOfTheSchema) {
  ASSERT_TRUE(Put(R"({"name": "kind", "type": "string", "description": "Of the day"},
                     {"name": "ID", "type": "int32", "nullable": false},
                     {"name": "fare", "type": "DOUBLE"})")
                  .ok());
  const auto table = Read().ValueOrDie();
  EXPECT_EQ(table->num_rows(), 10);
  EXPECT_EQ(table->schema()->field_names(), (std::vector<std::string>{"kind", "ID", "fare"}));
  EXPECT_TRUE(table->schema()->field(1)->type()->Equals(arrow::int32()));
  EXPECT_FALSE(table->schema()->field(1)->nullable());
  EXPECT_TRUE(table->schema()->field(2)->nullable());
  EXPECT_EQ(table->schema()->field(0)->metadata()->Get("description").ValueOrDie(), "Of the day");
  EXPECT_TRUE(table->ValidateFull().ok());
}

TEST_F(SchemaRegistryTest, ReadsThePartThatIsAskedFor) {
  ASSERT_TRUE(Put(std::string(kId) + R"(, {"name": "fare", "type": "double"})").ok());
  const auto table = Read({.columns = "fare", .where = "id >= 4", .limit = 3}).ValueOrDie();
  EXPECT_EQ(table->num_rows(), 3);
  EXPECT_EQ(table->num_columns(), 1);
  const Status hidden = Read({.where = "kind = 'day'"}).status();
  EXPECT_EQ(KindOf(hidden), ErrorKind::kInvalidInput);
  EXPECT_THAT(hidden.message(), AllOf(HasSubstr("filter"), HasSubstr("kind")));
  const Status broken = Read({.where = "id >"}).status();
  EXPECT_EQ(KindOf(broken), ErrorKind::kInvalidInput);
  EXPECT_THAT(broken.message(), HasSubstr("filter: 'id >'"));
  EXPECT_EQ(KindOf(Read({.columns = "kind"}).status()), ErrorKind::kInvalidInput);
}

TEST_F(SchemaRegistryTest, StandsForAQueryToo) {
  ASSERT_TRUE(
      Put(R"({"name": "n", "type": "int64"})", R"("query": "SELECT count(*) AS n FROM trips")")
          .ok());
  EXPECT_EQ(Read().ValueOrDie()->num_rows(), 1);
  EXPECT_EQ(schemas_.RowsVersion({}, "rides").ValueOrDie(), std::nullopt);
}

TEST_F(SchemaRegistryTest, RefusesWhatMakesNoSense) {
  for (const char* fields :
       {R"({"name": "id", "type": "int65"})",
        R"({"name": "id", "type": "int64; DROP TABLE trips"})",
        R"({"name": "id", "type": "int64"}, {"name": "ID", "type": "int64"})",
        R"({"name": "id", "type": "int64", "constraints": {"minimum": "x"}})",
        R"({"name": "id", "type": "int64", "constraints": {"minimum": 2, "maximum": 1}})",
        R"({"name": "kind", "type": "string", "constraints": {"pattern": "("}})"}) {
    const Status status = Put(fields);
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << fields << ": " << status;
    EXPECT_THAT(status.message(), HasSubstr("schema 'rides': column '")) << fields;
  }
  for (const char* source : {R"("query": "DROP TABLE trips")", R"("query": "SELECT 1; SELECT 2")",
                             R"("query": "SELECT ? AS id")", R"("table": "a..b")"}) {
    EXPECT_EQ(KindOf(Put(kId, source)), ErrorKind::kInvalidInput) << source;
  }
  for (const char* name : {"", "a b", "a/b", "\xff"}) {
    EXPECT_EQ(KindOf(schemas_.Put({}, name, "{}").status()), ErrorKind::kInvalidInput) << name;
  }
  EXPECT_TRUE(schemas_.List({}).ValueOrDie().empty());
}

TEST_F(SchemaRegistryTest, RefusesATableThatDoesNotHaveTheFields) {
  const Status misfit =
      Put(std::string(kId) +
          R"(, {"name": "tip", "type": "double"}, {"name": "fare", "type": "int8"})");
  EXPECT_EQ(KindOf(misfit), ErrorKind::kConflict) << misfit;
  EXPECT_THAT(misfit.message(), AllOf(HasSubstr("there is no column 'tip'"),
                                      HasSubstr("column 'fare' is DOUBLE, not TINYINT")));
  EXPECT_EQ(KindOf(Put(kId, R"("table": "nope")")), ErrorKind::kConflict);
}

TEST_F(SchemaRegistryTest, TellsTheDifferenceOfATableThatNoLongerFits) {
  ASSERT_TRUE(Put(std::string(kId) + R"(, {"name": "fare", "type": "double"})").ok());
  Run("ALTER TABLE trips DROP COLUMN fare");
  const Status misfit = Read().status();
  EXPECT_EQ(KindOf(misfit), ErrorKind::kConflict);
  EXPECT_THAT(misfit.message(), HasSubstr("schema 'rides': there is no column 'fare'"));
  Run("DROP TABLE trips");
  EXPECT_EQ(KindOf(Read().status()), ErrorKind::kConflict);
}

TEST_F(SchemaRegistryTest, TellsWhichValuesAreAgainstItsConstraints) {
  ASSERT_TRUE(Put(R"({"name": "id", "type": "int8", "nullable": false,
                      "constraints": {"minimum": 0, "maximum": 99}},
                     {"name": "kind", "type": "string",
                      "constraints": {"enum": ["day", "night"], "pattern": "^[a-z]+$"}})")
                  .ok());
  EXPECT_TRUE(Read().ok());
  Run("INSERT INTO trips VALUES (NULL, 1, NULL), (-1, 1, 'DUSK'), (100, 1, 'day'), (1000, 1, "
      "'day')");
  const Status broken = Read().status();
  EXPECT_EQ(KindOf(broken), ErrorKind::kConflict) << broken;
  EXPECT_THAT(broken.message(), HasSubstr("column 'id': no TINYINT in 1 row"));
  EXPECT_THAT(broken.message(), HasSubstr("column 'id': NULL where nullable is false in 1 row"));
  EXPECT_THAT(broken.message(), HasSubstr("column 'id': below the minimum 0 in 1 row"));
  EXPECT_THAT(broken.message(), HasSubstr("column 'id': above the maximum 99 in 2 rows"));
  EXPECT_THAT(broken.message(), HasSubstr("column 'kind': none of the enum day, night in 1 row"));
  EXPECT_THAT(broken.message(), HasSubstr("column 'kind': not of the pattern ^[a-z]+$ in 1 row"));
  Run("DELETE FROM trips WHERE id IS NULL OR id < 0 OR id >= 100");
  EXPECT_TRUE(Read().ok());
}

TEST_F(SchemaRegistryTest, CountsVersionsAndSaysWhenRowsMayHaveChanged) {
  ASSERT_TRUE(Put(kId).ok());
  const auto first = schemas_.RowsVersion({}, "rides").ValueOrDie();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(schemas_.RowsVersion({}, "rides").ValueOrDie(), first);
  Run("INSERT INTO trips VALUES (11, 1, 'day')");
  const auto second = schemas_.RowsVersion({}, "rides").ValueOrDie();
  EXPECT_NE(second, first);
  ASSERT_TRUE(Put(R"({"name": "id", "type": "int32"})").ok());
  EXPECT_EQ(schemas_.Get({}, "rides")->version, 2);
  EXPECT_NE(schemas_.RowsVersion({}, "rides").ValueOrDie(), second);
}

TEST_F(SchemaRegistryTest, ListsAndForgets) {
  ASSERT_TRUE(Put(kId).ok());
  EXPECT_EQ(schemas_.List({}).ValueOrDie().front().name, "rides");
  EXPECT_TRUE(schemas_.Delete({}, "rides").ok());
  for (const Status& status :
       {schemas_.Get({}, "rides").status(), Read().status(), schemas_.Delete({}, "rides"),
        schemas_.RowsVersion({}, "rides").status()}) {
    EXPECT_EQ(KindOf(status), ErrorKind::kNotFound);
  }
}

}  // namespace
}  // namespace arrowport::service
