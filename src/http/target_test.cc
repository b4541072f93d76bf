#include "http/target.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::http {
namespace {

TEST(TargetTest, SplitsPathAndQuery) {
  const Target target = ParseTarget("/query?format=csv&a=b%20c+d&flag").ValueOrDie();
  EXPECT_EQ(target.path, "/query");
  EXPECT_EQ(target.Parameter("format"), "csv");
  EXPECT_EQ(target.Parameter("a"), "b c d");
  EXPECT_EQ(target.Parameter("flag"), "");
  EXPECT_EQ(target.Parameter("none"), std::nullopt);
}

TEST(TargetTest, TakesLinesInTheValueOfAParameterAlone) {
  EXPECT_EQ(ParseTarget("/?sql=a%0D%0A%09b").ValueOrDie().Parameter("sql"), "a\r\n\tb");
  for (const char* text : {"/?a%0Ab=1", "/?sql=%00", "/?sql=%08"}) {
    EXPECT_EQ(KindOf(ParseTarget(text).status()), ErrorKind::kInvalidInput) << text;
  }
}

TEST(TargetTest, TakesTheAbsoluteForm) {
  EXPECT_EQ(ParseTarget("http://host:1/tables?x=1").ValueOrDie().path, "/tables");
  EXPECT_EQ(ParseTarget("http://host").ValueOrDie().path, "/");
}

TEST(TargetTest, RefusesWhatIsNoPath) {
  EXPECT_EQ(KindOf(ParseTarget("*").status()), ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOf(ParseTarget("host:80").status()), ErrorKind::kInvalidInput);
}

TEST(TargetTest, DecodesPercent) {
  EXPECT_EQ(DecodePercent("a%2Fb%c3%BC+").ValueOrDie(), "a/b\xc3\xbc+");
}

TEST(TargetTest, RefusesBrokenPercentControlCharactersAndOtherThanUtf8) {
  for (const char* text : {"%", "%4", "a%zz", "%00", "%0a", "\x7f", "%ff"}) {
    EXPECT_EQ(KindOf(DecodePercent(text).status()), ErrorKind::kInvalidInput) << text;
  }
}

TEST(TargetTest, RefusesMoreParametersThanAnyoneNeeds) {
  std::string text = "/?";
  for (int i = 0; i < 65; ++i) text += "a=1&";
  EXPECT_EQ(KindOf(ParseTarget(text).status()), ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace arrowport::http
