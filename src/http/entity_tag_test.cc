#include "http/entity_tag.h"

#include <optional>

#include <gtest/gtest.h>

namespace arrowport::http {
namespace {

TEST(EntityTagTest, FindsAStrongTagInAList) {
  EXPECT_TRUE(HasTag(R"("a")", "a"));
  EXPECT_TRUE(HasTag(R"("b" , "a,c",, "a")", "a"));
  EXPECT_TRUE(HasTag("*", "a"));
  for (const char* list :
       {"", R"(W/"a")", R"("A")", "a", R"("a)", R"("ab")", R"(x "a")", R"(* "b")"}) {
    EXPECT_FALSE(HasTag(list, "a")) << list;
  }
}

TEST(EntityTagTest, FindsATagOfAVersion) {
  EXPECT_EQ(TagOfVersion(R"("v1-3", W/"v12-1", W/"v2-7", "v2-8")", "v2"), "v2-7");
  EXPECT_EQ(TagOfVersion(R"("v1-3")", "v2"), std::nullopt);
  EXPECT_EQ(TagOfVersion(R"("v2")", "v2"), std::nullopt);
  EXPECT_EQ(TagOfVersion("*", "v2"), std::nullopt);
}

TEST(EntityTagTest, QuotesATag) { EXPECT_EQ(QuotedTag("v-1"), R"("v-1")"); }

}  // namespace
}  // namespace arrowport::http
