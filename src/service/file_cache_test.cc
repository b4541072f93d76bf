#include "service/file_cache.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/event.h"
#include "base/ids.h"
#include "base/limits.h"
#include "engine/database.h"
#include "engine/test_batches.h"
#include "observe/metrics.h"
#include "service/file_shelf.h"
#include "service/table_file.h"
#include "stream/batch_encoder.h"

namespace arrowport::service {
namespace {

using engine::testing::OpenMemory;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Taken = std::unique_ptr<TableFileRequest>;

class FileCacheTest : public ::testing::Test {
 protected:
  ~FileCacheTest() override { std::filesystem::remove_all(folder_); }

  static FileKey KeyOf(const std::string& table, const std::string& version = "v") {
    return {.table = table, .version = version, .format = stream::WireFormat::kArrowFile};
  }

  // Rows of about 8 bytes, and a count of how often they were asked for.
  OpenRows Rows(int64_t rows) {
    return Sql("SELECT range AS i FROM range(" + std::to_string(rows) + ")");
  }

  OpenRows Sql(std::string sql) {
    return [this, sql = std::move(sql)](const std::stop_token& stop) {
      ++opened_;
      return database_->Query({.sql = sql, .parameters = {}}, {}, {.deadline = {}, .stop = stop});
    };
  }

  static Result<TableFile> Wait(TableFileRequest& request) {
    for (;;) {
      const auto changed = std::make_shared<Event>();
      if (auto file = request.Poll([changed] { changed->Set(); })) return *std::move(file);
      changed->Wait();
    }
  }

  Result<TableFile> Get(FileCache& cache, const FileKey& key, OpenRows rows) {
    return Wait(*cache.Get(key, std::move(rows)));
  }

  static bool BecomesIdle(const FileCache& cache, const engine::Database& database) {
    const Clock::time_point end = Clock::now() + std::chrono::seconds(10);
    while (cache.bytes_held() > 0 || database.counters().running_queries > 0) {
      if (Clock::now() > end) return false;
    }
    return true;
  }

  const std::string folder_ = std::filesystem::temp_directory_path() / ("files-" + NewId());
  const std::shared_ptr<engine::Database> database_ = OpenMemory();
  observe::Metrics metrics_;
  std::atomic<int> opened_ = 0;
};

TEST_F(FileCacheTest, MakesAFileOnceAndKeepsIt) {
  FileCache cache({.directory = folder_}, metrics_);
  const auto first = Get(cache, KeyOf("t"), Rows(1000)).ValueOrDie();
  const auto second = Get(cache, KeyOf("t"), Rows(1000)).ValueOrDie();
  EXPECT_EQ(opened_, 1);
  EXPECT_EQ(first.content, second.content);
  EXPECT_EQ(first.tag, second.tag);
  EXPECT_THAT(first.tag, StartsWith("v-"));
  EXPECT_EQ(cache.bytes_held(), first.content->bytes());
  EXPECT_EQ(first.content->ReadAt(0, 6).ValueOrDie()->ToString(), "ARROW1");
  EXPECT_THAT(metrics_.Page(), HasSubstr("arrowport_table_files_made_total 1"));
}

TEST_F(FileCacheTest, MakesOneFileForAllWhoWait) {
  FileCache cache({.directory = folder_}, metrics_);
  const auto begin = std::make_shared<Event>();
  const OpenRows rows = [begin, open = Rows(1000)](const std::stop_token& stop) {
    begin->Wait();
    return open(stop);
  };
  std::vector<Taken> requests(50);
  for (Taken& request : requests) request = cache.Get(KeyOf("t"), rows);
  begin->Set();
  for (const auto& request : requests) {
    EXPECT_EQ(Wait(*request).ValueOrDie().tag, Wait(*requests.front()).ValueOrDie().tag);
  }
  EXPECT_EQ(opened_, 1);
}

TEST_F(FileCacheTest, TellsAFailureToAllAndTriesAgain) {
  FileCache cache({.directory = folder_}, metrics_);
  const auto begin = std::make_shared<Event>();
  const OpenRows rows = [begin, open = Sql("SELECT error('broken') AS e FROM range(9)")](
                            const std::stop_token& stop) {
    begin->Wait();
    return open(stop);
  };
  const Taken first = cache.Get(KeyOf("t"), rows);
  const Taken second = cache.Get(KeyOf("t"), rows);
  begin->Set();
  EXPECT_THAT(Wait(*first).status().message(), HasSubstr("broken"));
  EXPECT_THAT(Wait(*second).status().message(), HasSubstr("broken"));
  EXPECT_EQ(opened_, 1);
  EXPECT_EQ(cache.bytes_held(), 0);
  EXPECT_TRUE(Get(cache, KeyOf("t"), Rows(1)).ok());
}

TEST_F(FileCacheTest, TellsAFailureInTheMiddleAndKeepsNothing) {
  FileCache cache({.directory = folder_}, metrics_);
  const Status status =
      Get(cache, KeyOf("t"),
          Sql("SELECT CASE WHEN range < 2000000 THEN range ELSE error('late') END AS i "
              "FROM range(2000001)"))
          .status();
  EXPECT_THAT(status.message(), HasSubstr("late"));
  EXPECT_EQ(cache.bytes_held(), 0);
}

TEST_F(FileCacheTest, DropsWhatWasNotUsedForLongest) {
  const int64_t bytes = [this] {
    FileCache cache({.directory = folder_}, metrics_);
    return Get(cache, KeyOf("t"), Rows(5'000)).ValueOrDie().content->bytes();
  }();
  // So few rows are one batch however they are made, and all files have the same size.
  FileCache cache({.bytes_max = 2 * bytes + bytes / 2, .directory = folder_}, metrics_);
  const auto get = [&](const std::string& table) {
    const int before = opened_;
    EXPECT_TRUE(Get(cache, KeyOf(table), Rows(5'000)).ok()) << table;
    return opened_ > before;
  };
  EXPECT_TRUE(get("a"));
  EXPECT_TRUE(get("b"));
  EXPECT_FALSE(get("a"));
  EXPECT_TRUE(get("c"));
  EXPECT_LE(cache.bytes_held(), 2 * bytes + bytes / 2);
  EXPECT_FALSE(get("a"));
  EXPECT_TRUE(get("b"));
}

TEST_F(FileCacheTest, DropsAnOlderVersionAtOnce) {
  FileCache cache({.directory = folder_}, metrics_);
  ASSERT_TRUE(Get(cache, KeyOf("t", "v1"), Rows(1000)).ok());
  const auto file = Get(cache, KeyOf("t", "v2"), Rows(1000)).ValueOrDie();
  EXPECT_EQ(cache.bytes_held(), file.content->bytes());
}

TEST_F(FileCacheTest, KeepsAFileThatIsInUse) {
  FileCache cache({.bytes_max = kMiB, .directory = folder_}, metrics_);
  auto file = Get(cache, KeyOf("a"), Rows(100'000)).ValueOrDie();
  const Status full = Get(cache, KeyOf("b"), Rows(100'000)).status();
  EXPECT_EQ(KindOf(full), ErrorKind::kOverloaded) << full;
  EXPECT_THAT(full.message(), HasSubstr("file_cache_bytes_max"));
  EXPECT_EQ(file.content->ReadAt(0, 6).ValueOrDie()->ToString(), "ARROW1");
  file = {};
  EXPECT_TRUE(Get(cache, KeyOf("b"), Rows(100'000)).ok());
}

TEST_F(FileCacheTest, RefusesAFileThatIsLargerThanAll) {
  FileCache cache({.bytes_max = kMiB, .directory = folder_}, metrics_);
  const Status status = Get(cache, KeyOf("big"), Rows(10'000'000)).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kTooLarge);
  EXPECT_THAT(status.message(), HasSubstr("table 'big'"));
  EXPECT_THAT(status.message(), HasSubstr("1048576 bytes (file_cache_bytes_max)"));
  EXPECT_TRUE(BecomesIdle(cache, *database_));
}

TEST_F(FileCacheTest, StopsMakingWhatNobodyWaitsFor) {
  FileCache cache({.directory = folder_}, metrics_);
  const auto opened = std::make_shared<Event>();
  const OpenRows endless = [opened,
                            open = Sql("FROM range(1000000000000)")](const std::stop_token& stop) {
    auto rows = open(stop);
    opened->Set();
    return rows;
  };
  Taken first = cache.Get(KeyOf("t"), endless);
  Taken second = cache.Get(KeyOf("t"), endless);
  opened->Wait();
  first.reset();
  EXPECT_FALSE(second->Poll([] {}).has_value());
  second.reset();
  EXPECT_TRUE(BecomesIdle(cache, *database_));
  EXPECT_TRUE(Get(cache, KeyOf("t"), Rows(1)).ok());
}

TEST_F(FileCacheTest, StopsWhatIsBeingMadeWhenItGoes) {
  auto cache = std::make_unique<FileCache>(FileCacheOptions{.directory = folder_}, metrics_);
  const Taken request = cache->Get(KeyOf("t"), Sql("FROM range(1000000000000)"));
  cache.reset();
  EXPECT_FALSE(Wait(*request).ok());
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(FileCacheTest, LeavesNothingInItsFolder) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ + "/arrowport-old.nameless") << "of a server that was killed";
  std::ofstream(folder_ + "/mine") << "x";
  FileCache cache({.directory = folder_}, metrics_);
  ASSERT_TRUE(Get(cache, KeyOf("t"), Rows(1000)).ok());
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_EQ(entry.path().filename(), "mine");
  }
}

TEST_F(FileCacheTest, NamesTheFolderThatCannotBeMade) {
  std::ofstream(folder_) << "a file";
  FileCache cache({.directory = folder_ + "/below"}, metrics_);
  const Status status = Get(cache, KeyOf("t"), Rows(1)).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("file_cache_directory"));
}

TEST_F(FileCacheTest, KeepsSoManyFilesAtMost) {
  FileCache cache({.directory = folder_}, metrics_);
  const auto one = Get(cache, KeyOf("first"), Rows(1)).ValueOrDie().content->bytes();
  for (int i = 0; i < limits::kFilesKeptMax + 20; ++i) {
    ASSERT_TRUE(Get(cache, KeyOf("t" + std::to_string(i)), Rows(1)).ok());
  }
  EXPECT_EQ(cache.bytes_held(), one * limits::kFilesKeptMax);
}

TEST_F(FileCacheTest, ThereAreNoMoreFilesThanMayBeWhateverTheyAreUsedFor) {
  FileCache cache({.directory = folder_}, metrics_);
  std::vector<TableFile> used;
  for (int i = 0; i < limits::kFilesKeptMax - 1; ++i) {
    FileKey key = KeyOf("t" + std::to_string(i));
    key.is_shared = i % 2 == 0;
    used.push_back(Get(cache, key, Rows(1)).ValueOrDie());
  }
  // One that is being made counts as well.
  const auto opened = std::make_shared<Event>();
  Taken endless = cache.Get(KeyOf("endless"), [this, opened](const std::stop_token& stop) {
    opened->Set();
    return Sql("FROM range(1000000000000)")(stop);
  });
  opened->Wait();
  EXPECT_EQ(cache.files(), size_t{limits::kFilesKeptMax});
  EXPECT_EQ(KindOf(Get(cache, KeyOf("more"), Rows(1)).status()), ErrorKind::kOverloaded);
  used.pop_back();
  const auto last = Get(cache, KeyOf("more"), Rows(1));
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(cache.files(), size_t{limits::kFilesKeptMax});
}

TEST_F(FileCacheTest, AFileThatIsNotSharedGoesWithWhoAskedForIt) {
  FileCache cache({.directory = folder_}, metrics_);
  FileKey key = KeyOf("a result");
  key.is_shared = false;
  auto file = Get(cache, key, Rows(1000));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(cache.bytes_held(), file->content->bytes());
  file = Status::Cancelled("let go");
  EXPECT_EQ(cache.bytes_held(), 0);
  EXPECT_EQ(cache.files(), 0U);
}

TEST_F(FileCacheTest, RefusesTypesThatTheFormatHasNoFormFor) {
  FileCache cache({.directory = folder_}, metrics_);
  const FileKey key = {.table = "t", .version = "v", .format = stream::WireFormat::kParquet};
  const Status status = Get(cache, key, Sql("SELECT INTERVAL 1 DAY AS pause")).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kNotAcceptable);
  EXPECT_THAT(status.message(), HasSubstr("pause"));
}

}  // namespace
}  // namespace arrowport::service
