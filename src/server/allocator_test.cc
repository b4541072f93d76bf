#include "server/allocator.h"

#include <arrow/memory_pool.h>
#include <gtest/gtest.h>

namespace arrowport::server {
namespace {

TEST(AllocatorTest, HasArrowTakeItsMemoryFromMalloc) {
  ShareOneAllocator();
  EXPECT_EQ(arrow::default_memory_pool()->backend_name(), "system");
}

}  // namespace
}  // namespace arrowport::server
