#include "stream/schema_memory.h"

#include <cstddef>
#include <string>

#include <arrow/type.h>
#include <gtest/gtest.h>

namespace arrowport::stream {
namespace {

TEST(SchemaMemoryTest, GivesTheObjectThatCameWithTheSameBytes) {
  SchemaMemory memory;
  const auto schema = arrow::schema({arrow::field("a", arrow::int64())});
  EXPECT_EQ(memory.Find("bytes"), nullptr);
  memory.Keep("bytes", schema);
  memory.Keep("bytes", arrow::schema({}));
  EXPECT_EQ(memory.Find("bytes"), schema);
  EXPECT_EQ(memory.Find("other bytes"), nullptr);
}

TEST(SchemaMemoryTest, IsBounded) {
  SchemaMemory memory;
  memory.Keep(std::string(SchemaMemory::kMessageBytesMax + 1, 'x'), arrow::schema({}));
  EXPECT_EQ(memory.Find(std::string(SchemaMemory::kMessageBytesMax + 1, 'x')), nullptr);
  for (size_t i = 0; i <= SchemaMemory::kSchemasMax; ++i) {
    memory.Keep(std::to_string(i), arrow::schema({}));
  }
  EXPECT_EQ(memory.Find("0"), nullptr);
  EXPECT_NE(memory.Find(std::to_string(SchemaMemory::kSchemasMax)), nullptr);
}

}  // namespace
}  // namespace arrowport::stream
