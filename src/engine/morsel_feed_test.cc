#include "engine/morsel_feed.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/testing/builder.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/morsel_queue.h"

namespace arrowport::engine {
namespace {

using testing::ElementsAre;

constexpr int64_t kBytesMax = int64_t{1} << 40;

const auto kSchema = arrow::schema({arrow::field("text", arrow::utf8())});

/// `rows` values of `bytes` each.
std::shared_ptr<arrow::RecordBatch> Texts(int64_t rows, size_t bytes) {
  std::shared_ptr<arrow::Array> texts;
  const std::vector<std::string> values(static_cast<size_t>(rows), std::string(bytes, 'x'));
  arrow::ArrayFromVector<arrow::StringType, std::string>(values, &texts);
  return arrow::RecordBatch::Make(kSchema, rows, {texts});
}

/// The rows of each morsel, in order, after `batches` were written.
std::vector<int64_t> RowsOfMorsels(
    MorselFeed::Gather gather, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) {
  const auto feed = std::make_shared<MorselFeed>(kSchema, kBytesMax, gather);
  for (const auto& batch : batches) {
    EXPECT_EQ(feed->Write(batch, [] {}).ValueOrDie(), QueueState::kReady);
  }
  feed->End();
  std::map<uint64_t, int64_t> rows;
  MorselQueue::Place place;
  Batches part;
  while (feed->source()->queue().Pop(place, &part, [] {}) == QueueState::kReady) {
    for (const auto& batch : part) rows[place.morsel] += batch->num_rows();
  }
  std::vector<int64_t> in_order;
  in_order.reserve(rows.size());
  for (const auto& [morsel, count] : rows) in_order.push_back(count);
  return in_order;
}

TEST(MorselFeedTest, GathersAndCutsBatchesToRowGroups) {
  EXPECT_THAT(RowsOfMorsels(MorselFeed::Gather::kRowGroups,
                            {Texts(1, 8), Texts(50'000, 8), Texts(0, 8), Texts(200'000, 8)}),
              ElementsAre(limits::kMorselRows, limits::kMorselRows, 250'001 % limits::kMorselRows));
}

TEST(MorselFeedTest, CutsWideRowsToPartsOfARowGroup) {
  constexpr int64_t kEighth = limits::kMorselRows / 8;
  EXPECT_THAT(
      RowsOfMorsels(MorselFeed::Gather::kRowGroups, {Texts(10'000, 8'000), Texts(10'000, 8'000)}),
      ElementsAre(kEighth, 20'000 - kEighth));
}

// The rows that came before are more than a morsel of the wide ones has.
TEST(MorselFeedTest, EndsAMorselWhenRowsBecomeWider) {
  EXPECT_THAT(RowsOfMorsels(MorselFeed::Gather::kRowGroups,
                            {Texts(20'000, 8), Texts(3, 1'000'000), Texts(20'000, 8)}),
              ElementsAre(20'000, 20'003));
}

TEST(MorselFeedTest, PassesEachBatchOnWhereNothingIsGathered) {
  EXPECT_THAT(RowsOfMorsels(MorselFeed::Gather::kNothing,
                            {Texts(3, 8), Texts(0, 8), Texts(200'000, 8), Texts(1, 8)}),
              ElementsAre(3, limits::kMorselRows, 200'000 - limits::kMorselRows, 1));
}

// Lists of `rows` rows with the same eight hundred bytes each.
std::shared_ptr<arrow::RecordBatch> SharedLists(int64_t rows) {
  std::shared_ptr<arrow::Array> offsets;
  std::shared_ptr<arrow::Array> sizes;
  std::shared_ptr<arrow::Array> values;
  const auto count = static_cast<size_t>(rows);
  arrow::ArrayFromVector<arrow::Int32Type, int32_t>(std::vector<int32_t>(count, 0), &offsets);
  arrow::ArrayFromVector<arrow::Int32Type, int32_t>(std::vector<int32_t>(count, 100), &sizes);
  arrow::ArrayFromVector<arrow::Int64Type, int64_t>(std::vector<int64_t>(100, 7), &values);
  const auto lists = arrow::ListViewArray::FromArrays(*offsets, *sizes, *values).ValueOrDie();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("l", lists->type())}), rows, {lists});
}

TEST(MorselFeedTest, WritesSharedValuesOutAsRoomIsMade) {
  const auto batch = SharedLists(100'000);  // 80 MB.
  const auto feed =
      std::make_shared<MorselFeed>(batch->schema(), 4 * kMiB, MorselFeed::Gather::kRowGroups);
  arrow::MemoryPool* const pool = arrow::default_memory_pool();
  const int64_t before = pool->bytes_allocated();
  int woken = 0;
  EXPECT_EQ(feed->Write(batch, [&] { ++woken; }).ValueOrDie(), QueueState::kWait);
  int64_t rows = 0;
  MorselQueue::Place place;
  Batches part;
  const auto pop = [&] { return feed->source()->queue().Pop(place, &part, [] {}); };
  while (pop() == QueueState::kReady) {
    for (const auto& piece : part) rows += piece->num_rows();
    EXPECT_LT(pool->bytes_allocated() - before, 16 * kMiB);
    if (woken == 1) feed->End();
  }
  EXPECT_EQ(rows, 100'000);
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(feed->source()->queue().status().ok());
}

// So what waits is one batch, and not what a fast writer has sent meanwhile.
TEST(MorselFeedTest, WakesTheWriterWhenAllOfABatchIsOnItsWay) {
  const auto feed = std::make_shared<MorselFeed>(kSchema, 4 * kMiB, MorselFeed::Gather::kRowGroups);
  int woken = 0;
  EXPECT_EQ(feed->Write(Texts(400'000, 100), [&] { ++woken; }).ValueOrDie(), QueueState::kWait);
  MorselQueue::Place place;
  Batches part;
  EXPECT_EQ(feed->source()->queue().Pop(place, &part, [] {}), QueueState::kReady);
  EXPECT_EQ(woken, 0);
  while (woken == 0) {
    ASSERT_EQ(feed->source()->queue().Pop(place, &part, [] {}), QueueState::kReady);
  }
  EXPECT_EQ(woken, 1);
}

TEST(MorselFeedTest, TellsWhatIsWrongWithALaterPart) {
  std::shared_ptr<arrow::Array> dates;
  std::vector<int64_t> values(100'000, 0);
  values[90'000] = std::numeric_limits<int64_t>::max();
  arrow::ArrayFromVector<arrow::DurationType, int64_t>(arrow::duration(arrow::TimeUnit::SECOND),
                                                       values, &dates);
  const auto lists = SharedLists(100'000);
  const auto batch = arrow::RecordBatch::Make(
      arrow::schema({lists->schema()->field(0), arrow::field("d", dates->type())}), 100'000,
      {lists->column(0), dates});
  const auto feed =
      std::make_shared<MorselFeed>(batch->schema(), 4 * kMiB, MorselFeed::Gather::kRowGroups);
  Status failure;
  feed->OnFailure([&](const Status& status) { failure = status; });
  bool woken = false;
  EXPECT_EQ(feed->Write(batch, [&] { woken = true; }).ValueOrDie(), QueueState::kWait);
  MorselQueue::Place place;
  Batches part;
  while (!woken) {
    ASSERT_EQ(feed->source()->queue().Pop(place, &part, [] {}), QueueState::kReady);
  }
  EXPECT_EQ(KindOf(failure), ErrorKind::kInvalidInput);
  EXPECT_THAT(failure.message(), testing::MatchesRegex("batch 0, from row .* on, column 'd'.*"));
}

}  // namespace
}  // namespace arrowport::engine
