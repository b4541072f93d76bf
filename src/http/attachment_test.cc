#include "http/attachment.h"

#include <gtest/gtest.h>

namespace arrowport::http {
namespace {

TEST(AttachmentTest, NamesAFile) {
  EXPECT_EQ(Attachment("trips.parquet"), R"(attachment; filename="trips.parquet")");
}

TEST(AttachmentTest, KeepsOtherLettersForWhoReadsThem) {
  EXPECT_EQ(Attachment("a ü.arrow"),
            R"(attachment; filename="a___.arrow"; filename*=UTF-8''a%20%C3%BC.arrow)");
}

TEST(AttachmentTest, LetsNothingButANameThrough) {
  EXPECT_EQ(Attachment("../a\\b"), R"(attachment; filename="_._a_b")");
  EXPECT_EQ(Attachment("a\"; x=\"b"),
            R"(attachment; filename="a___x__b"; filename*=UTF-8''a%22%3B%20x%3D%22b)");
  EXPECT_EQ(Attachment("a\r\nb"), R"(attachment; filename="a__b"; filename*=UTF-8''a%0D%0Ab)");
}

}  // namespace
}  // namespace arrowport::http
