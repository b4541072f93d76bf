#include "cli/bench_run.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "cli/contender.h"
#include "cli/point_load.h"
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

  Result<Sample> Read(const std::string& /*sql*/) override {
    if (++calls_ == breaks_at_) return MakeError(ErrorKind::kInternal, "it broke");
    return Sample{.seconds = static_cast<double>(calls_), .rows = 3, .bytes = 24};
  }

  Result<Sample> Points(const PointLoad& load) override {
    ++calls_;
    return Sample{.seconds = 1, .rows = load.clients, .bytes = 0, .per_second = 2};
  }

  [[nodiscard]] int calls() const { return calls_; }

 private:
  const int breaks_at_;
  int calls_ = 0;
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
  work.kind = BenchKind::kPoint;
  work.points.clients = 8;
  const auto result = RunRounds(work, {{"one", one}}, 1);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 0);
  EXPECT_EQ(result->results[0].samples[0].sample.rows, 8);
  EXPECT_EQ(MedianPerSecond(result->results[0]), 2);
}

}  // namespace
}  // namespace arrowport::cli
