#include "engine/landing_plan.h"

#include <string>
#include <tuple>
#include <vector>

#include <duckdb.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/catalog.h"
#include "engine/column_fit.h"
#include "engine/landing.h"
#include "engine/table.h"

namespace arrowport::engine {
namespace {

using duckdb::LogicalType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const TableName kTable = {.catalog = "", .schema = "", .name = "t"};

FoundTable TableWith(const ColumnList& columns) {
  FoundTable found;
  found.kind = FoundTable::Kind::kTable;
  found.columns = columns;
  return found;
}

ColumnList Columns(const duckdb::vector<std::string>& names,
                   const duckdb::vector<LogicalType>& types) {
  return {.names = names, .types = types};
}

const ColumnList kTwo = Columns({"id", "v"}, {LogicalType::BIGINT, LogicalType::INTEGER});

TEST(WidenedTypeTest, HasEveryValueOfBoth) {
  using Type = LogicalType;
  const std::vector<std::tuple<Type, Type, Type>> cases = {
      {Type::INTEGER, Type::BIGINT, Type::BIGINT},
      {Type::BIGINT, Type::INTEGER, Type::BIGINT},
      {Type::UTINYINT, Type::TINYINT, Type::SMALLINT},
      {Type::BIGINT, Type::UBIGINT, Type::HUGEINT},
      {Type::FLOAT, Type::DOUBLE, Type::DOUBLE},
      {Type::INTEGER, Type::DOUBLE, Type::DOUBLE},
      {Type::INTEGER, Type::FLOAT, Type::DOUBLE},
      {Type::DECIMAL(6, 2), Type::DECIMAL(12, 4), Type::DECIMAL(12, 4)},
      {Type::DECIMAL(10, 1), Type::DECIMAL(6, 4), Type::DECIMAL(13, 4)},
      {Type::TIMESTAMP_S, Type::TIMESTAMP, Type::TIMESTAMP},
      {Type::TIMESTAMP, Type::TIMESTAMP_NS, Type::TIMESTAMP_NS},
      {Type::TIMESTAMP_NS, Type::TIMESTAMP, Type::TIMESTAMP_NS},
      {Type::DATE, Type::TIMESTAMP, Type::TIMESTAMP},
  };
  for (const auto& [kept, sent, widened] : cases) {
    EXPECT_EQ(WidenedType(kept, sent), widened) << kept.ToString() << " and " << sent.ToString();
  }
}

TEST(WidenedTypeTest, IsNotThereWhereValuesWouldMeanSomethingElse) {
  using Type = LogicalType;
  const std::vector<std::pair<Type, Type>> cases = {
      {Type::INTEGER, Type::VARCHAR},
      {Type::VARCHAR, Type::INTEGER},
      {Type::BIGINT, Type::DOUBLE},
      {Type::BOOLEAN, Type::INTEGER},
      {Type::DECIMAL(38, 0), Type::DECIMAL(38, 10)},
      {Type::TIMESTAMP, Type::BIGINT},
      {Type::INTEGER, Type::BLOB},
      {Type::DATE, Type::VARCHAR},
  };
  for (const auto& [kept, sent] : cases) {
    EXPECT_EQ(WidenedType(kept, sent).id(), duckdb::LogicalTypeId::INVALID)
        << kept.ToString() << " and " << sent.ToString();
  }
}

TEST(PlanLandingTest, ChangesOnlyWhatTheRuleLetsIt) {
  const ColumnList sent =
      Columns({"id", "v", "w"}, {LogicalType::BIGINT, LogicalType::BIGINT, LogicalType::VARCHAR});
  LandingRule rule;
  const Status refused = PlanLanding(kTable, TableWith(kTwo), sent, rule, {}).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kConflict);
  EXPECT_THAT(refused.message(), HasSubstr("there is no column 'w'"));
  rule.on_schema_change = {.add_columns = true, .widen = false};
  EXPECT_THAT(PlanLanding(kTable, TableWith(kTwo), sent, rule, {})->changes,
              ElementsAre(R"(ALTER TABLE "t" ADD COLUMN "w" VARCHAR)"));
  rule.on_schema_change.widen = true;
  EXPECT_THAT(PlanLanding(kTable, TableWith(kTwo), sent, rule, {})->changes,
              ElementsAre(R"(ALTER TABLE "t" ALTER COLUMN "v" SET DATA TYPE BIGINT)",
                          R"(ALTER TABLE "t" ADD COLUMN "w" VARCHAR)"));
}

TEST(PlanLandingTest, AColumnWithoutValuesTakesAnyType) {
  const ColumnList sent = Columns({"v"}, {LogicalType::VARCHAR});
  LandingRule rule;
  rule.on_schema_change.widen = true;
  EXPECT_EQ(KindOf(PlanLanding(kTable, TableWith(kTwo), sent, rule, {}).status()),
            ErrorKind::kConflict);
  EXPECT_THAT(PlanLanding(kTable, TableWith(kTwo), sent, rule, {"v"})->changes,
              ElementsAre(R"(ALTER TABLE "t" ALTER COLUMN "v" SET DATA TYPE VARCHAR)"));
}

TEST(PlanLandingTest, MakesATableOfWhatIsSent) {
  LandingRule rule;
  rule.mode = LandingMode::kUpsert;
  rule.key = {"id"};
  rule.delete_column = "gone";
  rule.partition_by = {"id"};
  const ColumnList sent = Columns({"id", "gone", "n"}, {LogicalType::BIGINT, LogicalType::BOOLEAN,
                                                        LogicalType(LogicalType::SQLNULL)});
  EXPECT_THAT(PlanLanding(kTable, {}, sent, rule, {})->changes,
              ElementsAre(R"(CREATE TABLE "t"("id" BIGINT, "n" INTEGER))",
                          R"(ALTER TABLE "t" SET PARTITIONED BY ("id"))"));
  rule.create_table = false;
  EXPECT_EQ(KindOf(PlanLanding(kTable, {}, sent, rule, {}).status()), ErrorKind::kNotFound);
}

TEST(PlanLandingTest, AnUpsertNeedsItsColumns) {
  LandingRule rule;
  rule.mode = LandingMode::kUpsert;
  rule.key = {"nr"};
  EXPECT_THAT(PlanLanding(kTable, TableWith(kTwo), kTwo, rule, {}).status().message(),
              HasSubstr("no column 'nr' in what is sent, which the rule names as key"));
  rule.key = {"ID"};
  rule.delete_column = "v";
  EXPECT_THAT(PlanLanding(kTable, TableWith(kTwo), kTwo, rule, {}).status().message(),
              HasSubstr("must be BOOLEAN, not INTEGER"));
}

TEST(PlanLandingTest, LooksForBadRowsOnlyWhereThereMayBeSome) {
  LandingRule rule;
  rule.quarantine = true;
  EXPECT_THAT(PlanLanding(kTable, TableWith(kTwo), kTwo, rule, {})->bad_rows, IsEmpty());
  FoundTable strict = TableWith(kTwo);
  strict.never_null = {"id"};
  const ColumnList sent = Columns({"id", "v"}, {LogicalType::BIGINT, LogicalType::VARCHAR});
  const auto plan = PlanLanding(kTable, strict, sent, rule, {}).ValueOrDie();
  ASSERT_EQ(plan.bad_rows.size(), 2);
  EXPECT_EQ(plan.bad_rows[0].condition, R"(arrowport_sent."id" IS NULL)");
  EXPECT_THAT(plan.bad_rows[1].condition, HasSubstr("TRY_CAST"));
}

}  // namespace
}  // namespace arrowport::engine
