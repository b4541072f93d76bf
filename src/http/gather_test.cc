#include "http/gather.h"

#include <string>

#include <gtest/gtest.h>

namespace arrowport::http {
namespace {

std::string Joined(const Gather& gather) {
  std::string joined;
  for (const auto& piece : gather.Pieces()) {
    joined.append(static_cast<const char*>(piece.data()), piece.size());
  }
  return joined;
}

TEST(GatherTest, PutsSmallNeighboursIntoOnePiece) {
  Gather gather;
  gather.Add("ab");
  gather.Add(*arrow::Buffer::FromString("cd"));
  gather.Add(*arrow::Buffer::FromString(""));
  EXPECT_EQ(gather.Pieces().size(), 1U);
  EXPECT_EQ(Joined(gather), "abcd");
  EXPECT_EQ(gather.size(), 4U);
}

TEST(GatherTest, RefersToLargeBuffers) {
  const auto large = arrow::Buffer::FromString(std::string(100'000, 'x'));
  Gather gather;
  gather.Add("a");
  gather.Add(*large);
  gather.Add("b");
  ASSERT_EQ(gather.Pieces().size(), 3U);
  EXPECT_EQ(gather.Pieces()[1].data(), large->data());
  EXPECT_EQ(Joined(gather), "a" + large->ToString() + "b");
}

TEST(GatherTest, StartsAgainAfterClear) {
  Gather gather;
  gather.Add("a");
  gather.Clear();
  EXPECT_TRUE(gather.Pieces().empty());
  gather.Add("b");
  EXPECT_EQ(Joined(gather), "b");
}

}  // namespace
}  // namespace arrowport::http
