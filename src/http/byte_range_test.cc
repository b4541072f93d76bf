#include "http/byte_range.h"

#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::http {
namespace {

using testing::HasSubstr;

// What is answered of 100 bytes: "first-last", "all", or the kind of a refusal.
std::string Answered(std::string_view field) {
  const auto range = ReadRange(field, 100);
  if (!range.ok()) return std::string(TraitsOf(KindOf(range.status())).slug);
  const std::optional<ByteRange>& found = *range;
  if (!found.has_value()) return "all";
  return std::to_string(found->first) + "-" + std::to_string(found->last);
}

TEST(ByteRangeTest, ReadsOneRange) {
  EXPECT_EQ(Answered("bytes=0-0"), "0-0");
  EXPECT_EQ(Answered("bytes=10-19"), "10-19");
  EXPECT_EQ(Answered("BYTES= 10-19 "), "10-19");
  EXPECT_EQ(Answered("bytes=90-"), "90-99");
  EXPECT_EQ(Answered("bytes=-10"), "90-99");
  EXPECT_EQ((ByteRange{.first = 10, .last = 19}.bytes()), 10);
}

TEST(ByteRangeTest, CutsARangeAtTheEnd) {
  EXPECT_EQ(Answered("bytes=10-100"), "10-99");
  EXPECT_EQ(Answered("bytes=0-99999999999999999999"), "0-99");
  EXPECT_EQ(Answered("bytes=-1000"), "0-99");
}

TEST(ByteRangeTest, RefusesWhatLiesBehindTheEnd) {
  for (const char* field :
       {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999-"}) {
    EXPECT_EQ(Answered(field), "range-not-satisfiable") << field;
  }
  EXPECT_THAT(ReadRange("bytes=100-", 100).status().message(), HasSubstr("100 bytes"));
}

TEST(ByteRangeTest, AnswersAllOfItOtherwise) {
  for (const char* field : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=1",
                            "rows=0-1", "bytes=0-1,5-6", "bytes=--5", "bytes=1-2x", "bytes=+1-2"}) {
    EXPECT_EQ(Answered(field), "all") << field;
  }
}

TEST(ByteRangeTest, SaysWhichBytesAreSent) {
  EXPECT_EQ(ContentRange({.first = 0, .last = 9}, 100), "bytes 0-9/100");
  EXPECT_EQ(ContentRange(100), "bytes */100");
}

}  // namespace
}  // namespace arrowport::http
