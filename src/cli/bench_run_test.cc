#include "cli/bench_run.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "cli/contender.h"
#include "cli/point_load.h"
#include "cli/put_load.h"
#include "cli/row_set.h"

namespace arrowport::cli {
namespace {

// Reads three rows, the n-th time in n seconds, until it is to break.
class FixedContender final : public Contender {
 public:
  explicit FixedContender(int breaks_at = 0) : breaks_at_(breaks_at) {}

  Status Prepare(const std::string& /*table*/, const RowSet& /*rows*/) override {
    return Status::OK();
  }

  Result<Sample> Put(const std::string& /*table*/, const RowSet& /*rows*/) override {
    return MakeError(ErrorKind::kNotImplemented, "puts nothing");
  }

  Result<Sample> Puts(const std::string& /*table*/, const PutLoad& load) override {
    ++calls_;
    return Sample{.seconds = 1, .rows = 3 * load.clients, .bytes = 0, .per_second = 2};
  }

  Status Run(const std::string& sql) override {
    ran_.push_back(sql);
    return Status::OK();
  }

  Result<Sample> Read(const std::string& sql) override {
    // The question for what has landed has one row for an answer, if it has.
    if (sql.find("count(*)") != std::string::npos) {
      const bool landed = sql.find("n = " + std::to_string(rows_landed_)) != std::string::npos;
      return Sample{.seconds = 0, .rows = landed ? 1 : 0};
    }
    if (++calls_ == breaks_at_) return MakeError(ErrorKind::kInternal, "it broke");
    return Sample{.seconds = static_cast<double>(calls_), .rows = 3, .bytes = 24};
  }

  Result<Sample> Points(const PointLoad& load) override {
    ++calls_;
    return Sample{.seconds = 1, .rows = load.clients, .bytes = 0, .per_second = 2};
  }

  [[nodiscard]] int calls() const { return calls_; }
  [[nodiscard]] const std::vector<std::string>& ran() const { return ran_; }
  void SetRowsLanded(int64_t rows) { rows_landed_ = rows; }

 private:
  const int breaks_at_;
  int calls_ = 0;
  int64_t rows_landed_ = 0;
  std::vector<std::string> ran_;
};

BenchWork ReadWork() {
  BenchWork work;
  work.name = "read";
  return work;
}

TEST(BenchRunTest, ThrowsTheFirstRoundAway) {
  FixedContender one;
  const auto result = RunRounds(ReadWork(), {{"one", one}}, 3);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 3);
  ASSERT_EQ(result->results[0].samples.size(), 3);
  EXPECT_EQ(result->results[0].samples[0].sample.seconds, 2);
  EXPECT_EQ(MedianSeconds(result->results[0]), 3);
}

TEST(BenchRunTest, APeerThatFailsIsLeftOutOfTheRestOfTheWork) {
  FixedContender one;
  FixedContender peer(2);
  const auto result = RunRounds(
      ReadWork(), {{"one", one}, {.name = "peer", .contender = peer, .is_peer = true}}, 3);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(one.calls(), 4);
  EXPECT_EQ(peer.calls(), 2);
  EXPECT_EQ(result->results[0].failure, "");
  EXPECT_EQ(result->results[1].failure, "read, peer: it broke");
}

TEST(BenchRunTest, OneOfOursThatFailsFailsTheRun) {
  FixedContender one(2);
  const auto result = RunRounds(ReadWork(), {{"one", one}}, 3);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().message(), "read, one: it broke");
}

TEST(BenchRunTest, APointLoadCountsAnswersAndNoRows) {
  FixedContender one;
  BenchWork work;
  work.name = "point";
  work.kind = BenchKind::kPointLoad;
  work.points.clients = 8;
  const auto result = RunRounds(work, {{"one", one}}, 1);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 0);
  EXPECT_EQ(result->results[0].samples[0].sample.rows, 8);
  EXPECT_EQ(MedianPerSecond(result->results[0]), 2);
}

BenchWork PutLoadWork(const RowSet& rows) {
  BenchWork work;
  work.name = "puts";
  work.kind = BenchKind::kPutLoad;
  work.put_load = {.rows = &rows, .clients = 2, .duration = std::chrono::seconds(1)};
  return work;
}

TEST(BenchRunTest, PutsByManyClientsHaveATableOfTheirOwnWhichIsDropped) {
  RowSet rows;
  rows.rows = 10;
  FixedContender one;
  // Three puts of each client, and its first one.
  one.SetRowsLanded(80);
  const auto result = RunRounds(PutLoadWork(rows), {{"one", one}}, 1);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 10);
  EXPECT_EQ(result->results[0].samples[0].sample.rows, 6);
  EXPECT_EQ(one.ran(), (std::vector<std::string>{"DROP TABLE bench_1", "CHECKPOINT",
                                                 "DROP TABLE bench_2", "CHECKPOINT"}));
}

TEST(BenchRunTest, PutsThatWereAcknowledgedAndAreNotThereFailTheRun) {
  RowSet rows;
  rows.rows = 10;
  FixedContender one;
  one.SetRowsLanded(79);
  const auto result = RunRounds(PutLoadWork(rows), {{"one", one}}, 1);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().message(),
            "puts, one: 8 puts were acknowledged, but there are not 80 rows");
}

}  // namespace
}  // namespace arrowport::cli
