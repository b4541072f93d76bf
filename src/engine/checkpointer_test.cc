#include "engine/checkpointer.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <duckdb.hpp>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/resident_memory.h"
#include "engine/database.h"
#include "engine/table.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using std::chrono::milliseconds;
using testing::MakeRows;
using testing::ReadInt;

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() { std::filesystem::create_directories(folder_); }
  ~CheckpointerTest() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Open(const CheckpointOptions& options, int64_t memory_bytes_max = 0) {
    database_ = Database::Open({.path = folder_ / "x.duckdb",
                                .memory_bytes_max = memory_bytes_max,
                                .checkpoint = options})
                    .ValueOrDie();
  }

  void Land(int64_t rows) {
    const auto batch = MakeRows(0, rows);
    const auto landed =
        database_->AppendTogether({{.table = TableName{.catalog = "", .schema = "", .name = "t"},
                                    .schema = batch->schema(),
                                    .batches = {batch}}});
    ASSERT_TRUE(landed.status.ok()) << landed.status;
  }

  bool BecomesEmpty() const {
    const auto end = Clock::now() + std::chrono::seconds(10);
    while (database_->counters().wal_bytes > 0) {
      if (Clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  // Writes until the log shrinks, which it does only by a checkpoint. \return how large it was.
  int64_t LandUntilTheLogShrinks() {
    int64_t before = 0;
    while (database_->counters().wal_bytes >= before) {
      before = database_->counters().wal_bytes;
      Land(1'000);
      rows_ += 1'000;
      if (before >= 64 * kMiB) break;
    }
    return before;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ("arrowport_checkpointer_" + NewId());
  std::shared_ptr<Database> database_;
  int64_t rows_ = 0;
};

TEST_F(CheckpointerTest, PutsALargeLogIntoTheFileWhileOthersWrite) {
  Open({.wal_bytes_max = kMiB, .idle = std::chrono::hours(1)});
  EXPECT_LT(LandUntilTheLogShrinks(), 64 * kMiB);
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), rows_);
}

TEST_F(CheckpointerTest, PutsALogIntoTheFileThatTakesAQuarterOfTheMemory) {
  constexpr int64_t kMemory = 64 * kMiB;
  Open({.wal_bytes_max = kGiB, .idle = std::chrono::hours(1)}, kMemory);
  const int64_t largest = LandUntilTheLogShrinks();
  EXPECT_GE(largest, kMemory / 4);
  EXPECT_LT(largest, kMemory);
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), rows_);
}

// What DuckDB freed, and keeps for a while.
void LeaveFreedMemory(size_t bytes) {
  constexpr duckdb::idx_t kBlock = 256 * kKiB;
  auto& allocator = duckdb::Allocator::DefaultAllocator();
  std::vector<duckdb::AllocatedData> blocks;
  for (size_t used = 0; used < bytes; used += kBlock) {
    blocks.push_back(allocator.Allocate(kBlock));
    std::memset(blocks.back().get(), 1, kBlock);
  }
}

TEST_F(CheckpointerTest, GivesMemoryBackThatIsBeyondTheLimit) {
  constexpr int64_t kFreed = 200 * kMiB;
  Open({.wal_bytes_max = kMiB, .idle = std::chrono::hours(1)}, 64 * kMiB);
  LeaveFreedMemory(kFreed);
  const int64_t before = ResidentBytes();
  ASSERT_GT(before, kFreed);
  LandUntilTheLogShrinks();
  // It is what DuckDB's allocator would do by itself only if it were used for seconds more.
  const auto end = Clock::now() + std::chrono::seconds(10);
  while (ResidentBytes() > before - kFreed / 2) {
    ASSERT_LT(Clock::now(), end);
    std::this_thread::yield();
  }
}

TEST_F(CheckpointerTest, PutsALogIntoTheFileWhenNobodyWrites) {
  Open({.wal_bytes_max = kGiB, .idle = milliseconds(50)});
  while (database_->counters().wal_bytes < kMiB) Land(5'000);
  EXPECT_TRUE(BecomesEmpty());
}

}  // namespace
}  // namespace arrowport::engine
