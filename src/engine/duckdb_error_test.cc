#include "engine/duckdb_error.h"

#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include <duckdb.hpp>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/ids.h"
#include "engine/database.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using testing::OpenMemory;
using testing::ReadAll;

Status Of(const std::exception& error) { return FromDuckDb(duckdb::ErrorData(error)); }

TEST(DuckDbErrorTest, WhatIsWrongWithAFileIsItsSendersFault) {
  for (const char* message :
       {"TProtocolException: Invalid data", "don't know what type: \x0f", "Out of buffer",
        "Prefetch registered for bytes outside file: x.parquet"}) {
    EXPECT_EQ(KindOf(Of(std::runtime_error(message))), ErrorKind::kInvalidInput) << message;
  }
  for (const char* message : {"vector::_M_range_check", "std::bad_cast", "map::at"}) {
    EXPECT_EQ(KindOf(Of(std::runtime_error(message))), ErrorKind::kInternal) << message;
  }
  EXPECT_EQ(KindOf(Of(std::bad_alloc())), ErrorKind::kOutOfMemory);
  EXPECT_EQ(KindOf(Of(std::runtime_error("Resource temporarily unavailable"))),
            ErrorKind::kUnavailable);
}

TEST(DuckDbErrorTest, AFaultOfDuckDbIsToldWithoutItsStack) {
  const Status fault = Of(duckdb::InternalException("Attempted to access index 3"));
  EXPECT_EQ(KindOf(fault), ErrorKind::kInternal);
  EXPECT_EQ(fault.message(), "INTERNAL Error: Attempted to access index 3");
}

TEST(DuckDbErrorTest, LeavesOutWhereInItsSourceDuckDbWas) {
  EXPECT_EQ(WithoutTrace("INTERNAL Error: Assertion triggered in file \"/build/src/x.cpp\" on line "
                         "57: a == b\nThis error signals an assertion failure within DuckDB.\n\n"
                         "Stack Trace:\n\n/opt/lib/libduckdb.so(+0x12) [0x7f]"),
            "INTERNAL Error: Assertion triggered: a == b");
  EXPECT_EQ(WithoutTrace("FATAL Error: x\nOriginal error: \"y\n\nStack Trace:\n/opt/lib\""),
            "FATAL Error: x\nOriginal error: \"y");
  EXPECT_EQ(WithoutTrace("no such file in file \"a\""), "no such file in file \"a\"");
  EXPECT_EQ(WithoutTrace(""), "");
}

class BrokenParquetTest : public ::testing::Test {
 protected:
  ~BrokenParquetTest() override { std::filesystem::remove(path_); }

  const std::string path_ =
      std::filesystem::temp_directory_path() / ("arrowport-" + NewId() + ".parquet");
  const std::shared_ptr<Database> database_ = OpenMemory();
};

TEST_F(BrokenParquetTest, IsInvalidInputWhereverItIsBroken) {
  ASSERT_TRUE(ReadAll(*database_,
                      "COPY (SELECT range AS i, 'abc' AS s FROM range(1000)) TO '" + path_ + "'")
                  .ok());
  std::ifstream whole(path_, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(whole), {}};
  constexpr size_t kTail = 200;
  ASSERT_GT(bytes.size(), kTail);
  int refused = 0;
  for (size_t at = bytes.size() - kTail; at < bytes.size(); ++at) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0x5a);
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << broken;
    const Status status = ReadAll(*database_, "FROM parquet_scan('" + path_ + "')").status();
    if (status.ok()) continue;
    ++refused;
    EXPECT_NE(KindOf(status), ErrorKind::kInternal) << "byte " << at << ": " << status;
  }
  EXPECT_GT(refused, 0);
  EXPECT_TRUE(ReadAll(*database_, "SELECT 1").ok());
}

}  // namespace
}  // namespace arrowport::engine
