#include "client/merged_reader.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/event.h"
#include "client/test_rows.h"

namespace arrowport::client {
namespace {

using testing::MakeRows;
using testing::TestReader;
using ReaderPtr = std::shared_ptr<arrow::RecordBatchReader>;

/// Waits for its release, and then fails.
class StuckReader final : public arrow::RecordBatchReader {
 public:
  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override {
    return MakeRows(0, 1)->schema();
  }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* /*batch*/) override {
    released_.Wait();
    return Status::Cancelled("released");
  }
  void Release() { released_.Set(); }

 private:
  Event released_;
};

ReaderPtr Rows(int64_t begin, int batches, const Status& end = Status::OK()) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> rows;
  for (int i = 0; i < batches; ++i) rows.push_back(MakeRows(begin + 10 * i, 10));
  return std::make_shared<TestReader>(std::move(rows), end);
}

TEST(MergedReaderTest, HasTheRowsOfAllReaders) {
  const auto merged = MergeReaders({Rows(0, 100), Rows(1'000, 50), Rows(1'500, 1)}, [] {});
  int64_t rows = 0;
  int64_t sum = 0;
  for (;;) {
    const auto batch = merged->Next();
    ASSERT_TRUE(batch.ok()) << batch.status();
    if (*batch == nullptr) break;
    const auto& ids = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
    for (int64_t i = 0; i < ids.length(); ++i) sum += ids.Value(i);
    rows += (*batch)->num_rows();
  }
  EXPECT_EQ(rows, 1'510);
  EXPECT_EQ(sum, 1'510 * 1'509 / 2);
  EXPECT_EQ(*merged->Next(), nullptr);
}

TEST(MergedReaderTest, FailsWithTheFirstFailureAndEndsTheOthers) {
  const auto stuck = std::make_shared<StuckReader>();
  const auto merged = MergeReaders({Rows(0, 1, MakeError(ErrorKind::kNotFound, "gone")), stuck},
                                   [stuck] { stuck->Release(); });
  Result<std::shared_ptr<arrow::RecordBatch>> batch = nullptr;
  do {
    batch = merged->Next();
  } while (batch.ok());
  EXPECT_EQ(KindOf(batch.status()), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(merged->Next().status()), ErrorKind::kNotFound);
}

TEST(MergedReaderTest, EndsItsReadersWhenItIsGivenUp) {
  const auto stuck = std::make_shared<StuckReader>();
  (void)MergeReaders({Rows(0, 10), stuck}, [stuck] { stuck->Release(); });
}

}  // namespace
}  // namespace arrowport::client
