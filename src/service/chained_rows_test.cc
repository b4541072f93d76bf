#include "service/chained_rows.h"

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/result_stream.h"
#include "service/held_rows.h"

namespace arrowport::service {
namespace {

using ::testing::HasSubstr;

HeldRows Numbers(const std::vector<int32_t>& values,
                 const std::shared_ptr<arrow::Field>& field = arrow::field("i", arrow::int32())) {
  arrow::Int32Builder builder;
  (void)builder.AppendValues(values);
  const auto schema = arrow::schema({field});
  return {.schema = schema,
          .batches = {arrow::RecordBatch::Make(schema, static_cast<int64_t>(values.size()),
                                               {*builder.Finish()})}};
}

// Gives `results`, one after the other.
NextRows Of(std::vector<HeldRows> results) {
  return [results = std::move(results),
          next = size_t{0}]() mutable -> Result<std::shared_ptr<engine::ResultStream>> {
    if (next == results.size()) return nullptr;
    return OpenHeldRows(results[next++]);
  };
}

TEST(ChainedRowsTest, GivesAllRowsInOrder) {
  const auto rows = ChainRows(Of({Numbers({1, 2}), Numbers({}), Numbers({3})})).ValueOrDie();
  const auto all = TakeAll(*rows);
  ASSERT_TRUE(all.ok()) << all.status();
  const auto table = arrow::Table::FromRecordBatches(all->schema, all->batches).ValueOrDie();
  EXPECT_EQ(table->num_rows(), 3);
  EXPECT_EQ(table->column(0)->GetScalar(2).ValueOrDie()->ToString(), "3");
}

TEST(ChainedRowsTest, FailsWhereTheColumnsBecomeOthers) {
  const auto rows =
      ChainRows(Of({Numbers({1}), Numbers({1}, arrow::field("j", arrow::int32()))})).ValueOrDie();
  const Status status = TakeAll(*rows).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
  EXPECT_THAT(status.message(), HasSubstr("depend on the parameters"));
}

TEST(ChainedRowsTest, EndsWhenItIsCancelled) {
  const auto rows = ChainRows(Of({Numbers({1}), Numbers({2})})).ValueOrDie();
  ASSERT_TRUE(rows->Next().ok());
  rows->Cancel(MakeError(ErrorKind::kCancelled, "enough"));
  EXPECT_THAT(TakeAll(*rows).status().message(), HasSubstr("enough"));
}

}  // namespace
}  // namespace arrowport::service
