#include "engine/morsel_feed.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/testing/builder.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bounded_queue.h"
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

}  // namespace
}  // namespace arrowport::engine
