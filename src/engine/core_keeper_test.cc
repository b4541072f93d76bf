// Databases that DuckDB has given up, on files and under calls of every kind.
#include "engine/core_keeper.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "engine/database.h"
#include "engine/table.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using testing::Land;
using testing::MakeRows;
using testing::ReadAll;
using testing::ReadInt;

class CoreKeeperTest : public ::testing::TestWithParam<const char*> {
 protected:
  CoreKeeperTest() {
    std::filesystem::create_directories(folder_);
    database_ = Database::Open({.path = path_}).ValueOrDie();
  }

  ~CoreKeeperTest() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  CoreKeeperTest(const CoreKeeperTest&) = delete;
  CoreKeeperTest& operator=(const CoreKeeperTest&) = delete;

  /// Has DuckDB give up the database in a checkpoint.
  void Fail(const std::string& point = "before_header") {
    ASSERT_TRUE(ReadAll(*database_, "SET GLOBAL debug_checkpoint_abort = '" + point + "'").ok());
    const Status failed = database_->Checkpoint();
    EXPECT_EQ(KindOf(failed), ErrorKind::kUnavailable) << failed;
  }

  template <typename Condition>
  static bool Becomes(Condition condition) {
    const auto end = Clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (Clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  [[nodiscard]] bool IsOpenedAgain() const {
    return Becomes([this] { return database_->edition() > 1 && database_->CheckOpen().ok(); });
  }

  static JointOutcome LandTogether(Database& database, int64_t first, int64_t edition) {
    const auto batch = MakeRows(first, 1);
    return database.AppendTogether({{.table = {.catalog = "", .schema = "", .name = "t"},
                                     .schema = batch->schema(),
                                     .batches = {batch}}},
                                   edition);
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ("arrowport_keeper_" + NewId());
  const std::string path_ = folder_ / "x.duckdb";
  std::shared_ptr<Database> database_;
};

TEST_P(CoreKeeperTest, OpensAFileAgainWhoseCheckpointFailed) {
  ASSERT_EQ(*Land(*database_, "t", {MakeRows(0, 1'000)}), 1'000);
  ASSERT_TRUE(LandTogether(*database_, 1'000, 1).status.ok());
  const auto before = database_->TableVersion({.catalog = "", .schema = "", .name = "t"});
  Fail(GetParam());
  ASSERT_TRUE(IsOpenedAgain());
  EXPECT_EQ(*ReadInt(*database_, "SELECT sum(id)::BIGINT FROM t"), 1'000 * 1'001 / 2);
  const auto after = database_->TableVersion({.catalog = "", .schema = "", .name = "t"});
  EXPECT_NE(before->version, after->version);
  EXPECT_EQ(database_->counters().times_reopened, 1);
  EXPECT_EQ(database_->counters().open, 1);
  EXPECT_EQ(*Land(*database_, "t", {MakeRows(0, 10)}), 10);
  EXPECT_TRUE(database_->Checkpoint().ok());
}

INSTANTIATE_TEST_SUITE_P(Points, CoreKeeperTest,
                         ::testing::Values("before_truncate", "before_header",
                                           "after_free_list_write"));

TEST_F(CoreKeeperTest, AppendsNothingForAnEarlierEdition) {
  ASSERT_EQ(*Land(*database_, "t", {MakeRows(0, 1)}), 1);
  Fail();
  const Status failed = LandTogether(*database_, 1, 1).status;
  EXPECT_EQ(KindOf(failed), ErrorKind::kUnavailable) << failed;
  ASSERT_TRUE(IsOpenedAgain());
  const Status late = LandTogether(*database_, 1, 1).status;
  EXPECT_EQ(KindOf(late), ErrorKind::kUnavailable) << late;
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 1);
  EXPECT_TRUE(LandTogether(*database_, 1, database_->edition()).status.ok());
}

TEST_F(CoreKeeperTest, GoesOnTryingWhereTheFileCannotBeOpened) {
  ASSERT_EQ(*Land(*database_, "t", {MakeRows(0, 3)}), 3);
  const std::filesystem::path aside = folder_ / "aside";
  std::filesystem::rename(path_, aside);
  std::ofstream(path_) << "no database at all, which is longer than a header would be";
  Fail();
  EXPECT_TRUE(Becomes([this] {
    return database_->CheckOpen().message().find("cannot be opened again yet") != std::string::npos;
  }));
  EXPECT_EQ(KindOf(ReadAll(*database_, "FROM t").status()), ErrorKind::kUnavailable);
  EXPECT_EQ(database_->counters().open, 0);
  std::filesystem::rename(aside, path_);
  ASSERT_TRUE(IsOpenedAgain());
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 3);
}

TEST_F(CoreKeeperTest, StopsWhileItGoesOnTrying) {
  ASSERT_EQ(*Land(*database_, "t", {MakeRows(0, 3)}), 3);
  std::filesystem::rename(path_, folder_ / "aside");
  std::ofstream(path_) << "no database at all, which is longer than a header would be";
  Fail();
  EXPECT_TRUE(Becomes([this] { return database_->counters().open == 0; }));
  EXPECT_TRUE(database_->Close().ok());
  EXPECT_EQ(KindOf(ReadAll(*database_, "SELECT 1").status()), ErrorKind::kUnavailable);
}

TEST_F(CoreKeeperTest, OpensAgainAsOftenAsItHasTo) {
  ASSERT_EQ(*Land(*database_, "t", {MakeRows(0, 5)}), 5);
  for (int64_t edition = 1; edition <= 5; ++edition) {
    ASSERT_EQ(*Land(*database_, "t", {MakeRows(0, 5)}), 5);
    Fail();
    ASSERT_TRUE(Becomes([&] { return database_->edition() == edition + 1; }));
  }
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 30);
}

}  // namespace
}  // namespace arrowport::engine
