#include "engine/disk_reserve.h"

#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::engine {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kMoreThanAnyDisk = INT64_MAX;

TEST(DiskReserveTest, RefusesBelowTheReserveAndNamesTheOption) {
  DiskReserve reserve(::testing::TempDir() + "/x.duckdb", kMoreThanAnyDisk);
  const Status refused = reserve.Check();
  EXPECT_EQ(KindOf(refused), ErrorKind::kStorageFull);
  EXPECT_THAT(refused.message(), HasSubstr("disk_reserve_bytes"));
  EXPECT_GT(reserve.free_bytes(), 0);
}

TEST(DiskReserveTest, LetsEverythingInWithoutAReserve) {
  EXPECT_TRUE(DiskReserve(::testing::TempDir() + "/x.duckdb", 0).Check().ok());
  EXPECT_TRUE(DiskReserve("x.duckdb", 1).Check().ok());
}

TEST(DiskReserveTest, LetsEverythingInWhereNobodyCanTell) {
  DiskReserve reserve("/there/is/no/such/folder/x.duckdb", kMoreThanAnyDisk);
  EXPECT_TRUE(reserve.Check().ok());
  EXPECT_EQ(reserve.free_bytes(), -1);
}

}  // namespace
}  // namespace arrowport::engine
