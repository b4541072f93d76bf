#include "engine/vector_memory.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/testing/builder.h>
#include <duckdb.hpp>
#include <duckdb/storage/buffer_manager.hpp>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "engine/database.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

/// `rows` texts of `length`, which DuckDB has 16 bytes more for.
std::shared_ptr<arrow::RecordBatch> Texts(int64_t rows, size_t length) {
  std::shared_ptr<arrow::Array> texts;
  const std::vector<std::string> values(static_cast<size_t>(rows), std::string(length, 'x'));
  arrow::ArrayFromVector<arrow::StringType, std::string>(values, &texts);
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("text", arrow::utf8())}), rows,
                                  {texts});
}

TEST(VectorWidthTest, IsThatOfTheWidestRowsInARow) {
  VectorWidth width;
  EXPECT_EQ(width.Add(*Texts(4096, 84)), 204'800);
  EXPECT_EQ(width.Add(*Texts(2048, 984)), 2'048'000);
  EXPECT_EQ(width.Add(*Texts(4096, 84)), 2'048'000);
  EXPECT_EQ(width.Add(*Texts(1000, 2984)), 3'000'000 + 204'800);
}

TEST(VectorWidthTest, AddsBatchesThatAreLessThanAVector) {
  VectorWidth width;
  for (int i = 0; i < 100; ++i) width.Add(*Texts(100, 984));
  EXPECT_EQ(width.Add(*Texts(100, 984)), 2'100'000);
}

TEST(VectorMemoryTest, TakesFourVectorsOfTheLimitWhileItLives) {
  duckdb::DBConfig config;
  config.options.maximum_memory = 200 * kMiB;
  duckdb::DuckDB database(nullptr, &config);
  auto& buffers = duckdb::BufferManager::GetBufferManager(*database.instance);
  const auto before = buffers.GetUsedMemory();
  {
    VectorMemory memory(*database.instance);
    memory.Cover(kMiB);
    EXPECT_EQ(buffers.GetUsedMemory(), before);
    memory.Cover(10 * kMiB);
    memory.Cover(5 * kMiB);
    EXPECT_EQ(buffers.GetUsedMemory(), before + 40 * kMiB);
    EXPECT_THROW(memory.Cover(60 * kMiB), duckdb::OutOfMemoryException);
    EXPECT_EQ(buffers.GetUsedMemory(), before + 40 * kMiB);
  }
  EXPECT_EQ(buffers.GetUsedMemory(), before);
}

TEST(VectorMemoryTest, RowsThatAreTooWideAreRefused) {
  const auto database = testing::OpenMemory({.memory_bytes_max = 100 * kMiB});
  const auto refused = testing::Land(*database, "t", {Texts(20, 3'000'000)});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kOutOfMemory) << refused.status();
  const auto landed = testing::Land(*database, "t", {Texts(20, 300'000)});
  EXPECT_TRUE(landed.ok()) << landed.status();
}

}  // namespace
}  // namespace arrowport::engine
