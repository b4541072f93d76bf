#include "cli/row_parts.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>

#include "base/error.h"

namespace arrowport::cli {
namespace {

using ::testing::ElementsAre;

// Batches of a column that counts from 0, with so many rows each.
std::shared_ptr<arrow::RecordBatchReader> Rows(const std::vector<int64_t>& batch_rows) {
  const auto schema = arrow::schema({arrow::field("id", arrow::int64())});
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  int64_t next = 0;
  for (const int64_t rows : batch_rows) {
    arrow::Int64Builder ids;
    for (int64_t i = 0; i < rows; ++i) (void)ids.Append(next++);
    batches.push_back(arrow::RecordBatch::Make(schema, rows, {*ids.Finish()}));
  }
  return *arrow::RecordBatchReader::Make(std::move(batches), schema);
}

std::vector<int64_t> IdsOf(arrow::RecordBatchReader& part) {
  std::vector<int64_t> ids;
  std::shared_ptr<arrow::RecordBatch> batch;
  while (part.ReadNext(&batch).ok() && batch != nullptr) {
    const auto& column = static_cast<const arrow::Int64Array&>(*batch->column(0));
    for (int64_t i = 0; i < column.length(); ++i) ids.push_back(column.Value(i));
  }
  return ids;
}

TEST(RowPartsTest, CutAcrossBatches) {
  RowParts parts(Rows({2, 0, 3, 2}), 3, {});
  EXPECT_THAT(IdsOf(parts.NextPart()), ElementsAre(0, 1, 2));
  EXPECT_TRUE(*parts.HasMore());
  EXPECT_THAT(IdsOf(parts.NextPart()), ElementsAre(3, 4, 5));
  EXPECT_TRUE(*parts.HasMore());
  EXPECT_THAT(IdsOf(parts.NextPart()), ElementsAre(6));
  EXPECT_FALSE(*parts.HasMore());
}

TEST(RowPartsTest, OneThatIsFullAtTheEndIsTheLast) {
  RowParts parts(Rows({4, 2, 0}), 3, {});
  (void)IdsOf(parts.NextPart());
  EXPECT_THAT(IdsOf(parts.NextPart()), ElementsAre(3, 4, 5));
  EXPECT_FALSE(*parts.HasMore());
  EXPECT_THAT(IdsOf(parts.NextPart()), ElementsAre());
}

TEST(RowPartsTest, GoOnBehindWhatWasSkipped) {
  RowParts parts(Rows({4, 4}), 3, {});
  EXPECT_EQ(*parts.Skip(5), 5);
  EXPECT_THAT(IdsOf(parts.NextPart()), ElementsAre(5, 6, 7));
}

TEST(RowPartsTest, SkipNoMoreThanThereIs) {
  RowParts parts(Rows({4}), 3, {});
  EXPECT_EQ(*parts.Skip(5), 4);
  EXPECT_FALSE(*parts.HasMore());
}

TEST(RowPartsTest, EndWithTheStop) {
  std::stop_source stop;
  RowParts parts(Rows({2, 2}), 10, stop.get_token());
  std::shared_ptr<arrow::RecordBatch> batch;
  arrow::RecordBatchReader& part = parts.NextPart();
  ASSERT_TRUE(part.ReadNext(&batch).ok());
  stop.request_stop();
  EXPECT_EQ(KindOf(part.ReadNext(&batch)), ErrorKind::kCancelled);
}

}  // namespace
}  // namespace arrowport::cli
