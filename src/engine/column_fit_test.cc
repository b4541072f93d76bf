#include "engine/column_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::engine {
namespace {

using duckdb::LogicalType;
using ::testing::HasSubstr;

bool Fits(const LogicalType& sent, const LogicalType& kept) {
  return CheckFit({{"a"}, {sent}}, {{"a"}, {kept}}).ok();
}

TEST(ColumnFitTest, MatchesNamesInAnyOrderAndCase) {
  const ColumnList kept{{"id", "Name", "extra"},
                        {LogicalType::BIGINT, LogicalType::VARCHAR, LogicalType::DOUBLE}};
  EXPECT_TRUE(CheckFit({{"NAME", "id"}, {LogicalType::VARCHAR, LogicalType::BIGINT}}, kept).ok());
}

TEST(ColumnFitTest, TakesWhatChangesNoValue) {
  EXPECT_TRUE(Fits(LogicalType::INTEGER, LogicalType::BIGINT));
  EXPECT_TRUE(Fits(LogicalType::BIGINT, LogicalType::INTEGER));
  EXPECT_TRUE(Fits(LogicalType::FLOAT, LogicalType::DOUBLE));
  EXPECT_TRUE(Fits(LogicalType::TIMESTAMP_S, LogicalType::TIMESTAMP));
  EXPECT_TRUE(Fits(LogicalType::TIMESTAMP, LogicalType::TIMESTAMP_NS));
  EXPECT_TRUE(Fits(LogicalType::TIMESTAMP_NS, LogicalType::TIMESTAMP));
  EXPECT_TRUE(Fits(LogicalType::SQLNULL, LogicalType::DATE));
  EXPECT_TRUE(Fits(LogicalType::VARCHAR, LogicalType::UUID));
  EXPECT_TRUE(Fits(LogicalType::VARCHAR, LogicalType::JSON()));
  EXPECT_TRUE(
      Fits(LogicalType::LIST(LogicalType::INTEGER), LogicalType::LIST(LogicalType::BIGINT)));
}

TEST(ColumnFitTest, RefusesWhatWouldBeParsedOrRounded) {
  EXPECT_FALSE(Fits(LogicalType::DOUBLE, LogicalType::BIGINT));
  EXPECT_FALSE(Fits(LogicalType::DOUBLE, LogicalType::FLOAT));
  EXPECT_FALSE(Fits(LogicalType::VARCHAR, LogicalType::DOUBLE));
  EXPECT_FALSE(Fits(LogicalType::VARCHAR, LogicalType::DATE));
  EXPECT_FALSE(Fits(LogicalType::BOOLEAN, LogicalType::DATE));
}

TEST(ColumnFitTest, NamesEveryMisfit) {
  const Status status = CheckFit(
      {{"id", "tip", "day"}, {LogicalType::DOUBLE, LogicalType::DOUBLE, LogicalType::DATE}},
      {{"id", "day"}, {LogicalType::BIGINT, LogicalType::DATE}});
  EXPECT_EQ(KindOf(status), ErrorKind::kConflict);
  EXPECT_THAT(status.message(), HasSubstr("column 'id' is BIGINT, and what is sent is DOUBLE"));
  EXPECT_THAT(status.message(), HasSubstr("no column 'tip'"));
}

}  // namespace
}  // namespace arrowport::engine
