#include "stream/spill_queue.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/generator.h"

namespace arrowport::stream {
namespace {

std::shared_ptr<arrow::RecordBatch> Rows(int64_t rows) {
  return MakeGenerator({.rows = rows, .batch_rows = rows})->Next().ValueOrDie();
}

class SpillQueueTest : public ::testing::Test {
 protected:
  SpillQueue queue_{std::filesystem::temp_directory_path()};
};

TEST_F(SpillQueueTest, GivesBatchesBackInOrder) {
  for (int64_t rows = 1; rows < 10; ++rows) {
    ASSERT_TRUE(queue_.Push(Rows(rows)).ok());
    ASSERT_TRUE(queue_.Push(Rows(100 * rows)).ok());
    const auto first = queue_.Pop();
    ASSERT_TRUE(first.ok()) << first.status();
    // Two come for one that goes.
    EXPECT_TRUE((*first)->Equals(*Rows(rows % 2 == 1 ? (rows + 1) / 2 : 50 * rows)));
  }
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(queue_.Pop().ok());
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.bytes_held(), 0);
}

TEST_F(SpillQueueTest, KeepsDictionariesThatDifferFromBatchToBatch) {
  const auto batch = [](const char* word) {
    arrow::StringDictionaryBuilder builder;
    EXPECT_TRUE(builder.Append(word).ok());
    const auto array = builder.Finish().ValueOrDie();
    return arrow::RecordBatch::Make(arrow::schema({arrow::field("w", array->type())}), 1, {array});
  };
  for (const char* word : {"one", "two"}) ASSERT_TRUE(queue_.Push(batch(word)).ok());
  for (const char* word : {"one", "two"}) {
    EXPECT_TRUE(queue_.Pop().ValueOrDie()->Equals(*batch(word))) << word;
  }
}

TEST_F(SpillQueueTest, GivesTheDiskBackInPieces) {
  const auto batch = Rows(200'000);
  ASSERT_TRUE(queue_.Push(batch).ok());
  const int64_t each = queue_.bytes_held();
  const int64_t batches = 2 * limits::kSpillFileBytes / each + 2;
  for (int64_t i = 1; i < batches; ++i) ASSERT_TRUE(queue_.Push(batch).ok());
  EXPECT_EQ(queue_.bytes_held(), batches * each);
  for (int64_t i = 0; i < batches - 1; ++i) ASSERT_TRUE(queue_.Pop().ok());
  EXPECT_LE(queue_.bytes_held(), limits::kSpillFileBytes + each);
  queue_.Clear();
  EXPECT_EQ(queue_.bytes_held(), 0);
}

TEST(SpillQueueFolderTest, TellsOfAFolderThatIsMissing) {
  SpillQueue queue("/no/such/folder");
  EXPECT_EQ(KindOf(queue.Push(Rows(1))), ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace arrowport::stream
