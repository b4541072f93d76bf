// Files as a process leaves them that was killed while DuckDB wrote a checkpoint.
#include <signal.h>
#include <sys/resource.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <duckdb.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using ::testing::HasSubstr;
using testing::ReadInt;

// While it lives, no file of this process grows beyond so many bytes.
class FullDisk {
 public:
  explicit FullDisk(uintmax_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit full = {.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &full);
  }

  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, on_too_large_);
  }

  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_ = {};
  void (*const on_too_large_)(int) = signal(SIGXFSZ, SIG_IGN);
};

class RecoveryTest : public ::testing::Test {
 protected:
  RecoveryTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  ~RecoveryTest() override { std::filesystem::remove_all(folder_); }

  RecoveryTest(const RecoveryTest&) = delete;
  RecoveryTest& operator=(const RecoveryTest&) = delete;

  [[nodiscard]] std::string PathOf(const std::string& name) const { return folder_ / name; }

  /// Runs `statements` in DuckDB alone, which then leaves its log as it is.
  static void RunAndDie(const std::string& path, const std::vector<std::string>& statements) {
    Run(path, statements, "PRAGMA disable_checkpoint_on_shutdown");
  }

  /// As RunAndDie, and dies in a checkpoint: its mark is in the log, and the file is as before.
  static void RunAndDieInCheckpoint(const std::string& path,
                                    const std::vector<std::string>& statements) {
    Run(path, statements, "SET GLOBAL debug_checkpoint_abort = 'before_header'");
  }

  static void Copy(const std::string& from, const std::string& to) {
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
  }

 private:
  static void Run(const std::string& path, const std::vector<std::string>& statements,
                  const std::string& how_to_die) {
    duckdb::DBConfig config;
    config.SetOptionByName("storage_compatibility_version", duckdb::Value("v1.5.0"));
    duckdb::DuckDB database(path, &config);
    duckdb::Connection connection(database);
    ASSERT_FALSE(connection.Query(how_to_die)->HasError());
    for (const std::string& sql : statements) {
      auto result = connection.Query(sql);
      ASSERT_FALSE(result->HasError()) << sql << ": " << result->GetError();
    }
  }

  // Its own, since tests run beside each other.
  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) /
      ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

std::shared_ptr<Database> Open(const std::string& path) {
  auto database = Database::Open({.path = path});
  EXPECT_TRUE(database.ok()) << database.status();
  return database.ValueOr(nullptr);
}

int64_t SumOf(Database& database) {
  auto sum = ReadInt(database, "SELECT sum(i)::BIGINT FROM t");
  EXPECT_TRUE(sum.ok()) << sum.status();
  return sum.ValueOr(0);
}

TEST_F(RecoveryTest, LeavesNoMarkOfAnUnfinishedCheckpointInTheLog) {
  const std::string path = PathOf("a.duckdb");
  RunAndDieInCheckpoint(path, {"CREATE TABLE t AS SELECT 1 AS i"});
  ASSERT_TRUE(std::filesystem::exists(path + ".wal"));
  auto database = Open(path);
  ASSERT_NE(database, nullptr);
  EXPECT_FALSE(std::filesystem::exists(path + ".wal"));
  EXPECT_EQ(SumOf(*database), 1);
}

// What commits while a checkpoint runs goes into a second log. DuckDB joins the two at the next
// start, the mark of an earlier unfinished checkpoint included, and refuses what it has made.
TEST_F(RecoveryTest, TakesLogsOfTwoUnfinishedCheckpoints) {
  const std::string path = PathOf("a.duckdb");
  const std::string other = PathOf("b.duckdb");
  RunAndDie(path, {"CREATE TABLE t AS SELECT 1 AS i"});
  Copy(path, other);
  Copy(path + ".wal", other + ".wal");
  RunAndDieInCheckpoint(path, {});
  RunAndDieInCheckpoint(path, {"INSERT INTO t VALUES (20)"});
  RunAndDie(other, {"CHECKPOINT", "INSERT INTO t VALUES (300)"});
  Copy(other + ".wal", path + ".wal.checkpoint");
  auto database = Open(path);
  ASSERT_NE(database, nullptr);
  EXPECT_EQ(SumOf(*database), 321);
  EXPECT_FALSE(std::filesystem::exists(path + ".wal"));
}

// Left where a process was killed between the two steps of joining logs.
TEST_F(RecoveryTest, TakesNoSecondLogTwice) {
  const std::string path = PathOf("a.duckdb");
  RunAndDie(path, {"CREATE TABLE t AS SELECT 1 AS i"});
  Copy(path + ".wal", path + ".wal.checkpoint");
  auto database = Open(path);
  ASSERT_NE(database, nullptr);
  EXPECT_EQ(SumOf(*database), 1);
  EXPECT_FALSE(std::filesystem::exists(path + ".wal.checkpoint"));
}

TEST_F(RecoveryTest, ServesWhatIsThereBesideAFullDisk) {
  const std::string path = PathOf("a.duckdb");
  RunAndDie(path, {"CREATE TABLE t AS SELECT 1 AS i", "CHECKPOINT",
                   "INSERT INTO t SELECT 1 FROM range(100000)"});
  {
    const FullDisk disk(std::filesystem::file_size(path + ".wal"));
    auto database = Open(path);
    ASSERT_NE(database, nullptr);
    EXPECT_EQ(SumOf(*database), 100'001);
    const Status refused = ReadInt(*database, "INSERT INTO t VALUES (1)").status();
    EXPECT_EQ(KindOf(refused), ErrorKind::kUnavailable) << refused;
    EXPECT_THAT(refused.message(), HasSubstr(path + ".wal"));
    EXPECT_EQ(SumOf(*database), 100'001);
  }
  auto database = Open(path);
  ASSERT_NE(database, nullptr);
  EXPECT_EQ(SumOf(*database), 100'001);
}

}  // namespace
}  // namespace arrowport::engine
