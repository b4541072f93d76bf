#include "http/parameters.h"

#include <cstdint>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "http/target.h"

namespace arrowport::http {
namespace {

using testing::HasSubstr;

Target Parsed(const std::string& query) { return ParseTarget("/x?" + query).ValueOrDie(); }

TEST(ParametersTest, ReadsTrueAndFalse) {
  EXPECT_EQ(BoolParameter(Parsed("a=true"), "a", false), true);
  EXPECT_EQ(BoolParameter(Parsed("a=false"), "a", true), false);
  EXPECT_EQ(BoolParameter(Parsed(""), "a", true), true);
  for (const char* text : {"a=", "a", "a=1", "a=TRUE"}) {
    EXPECT_THAT(BoolParameter(Parsed(text), "a", true).status().message(), HasSubstr("'a'"));
  }
}

TEST(ParametersTest, ReadsNumbersOfItsRange) {
  const auto read = [](const std::string& query) {
    return NumberParameter(Parsed(query), "n", {}).ValueOrDie();
  };
  EXPECT_EQ(read("n=0"), 0);
  EXPECT_EQ(read("n=9223372036854775807"), INT64_MAX);
  EXPECT_EQ(read(""), std::nullopt);
  for (const char* text : {"n=", "n=-1", "n=1.5", "n=1e3", "n=%201", "n=9223372036854775808"}) {
    EXPECT_EQ(KindOf(NumberParameter(Parsed(text), "n", {}).status()), ErrorKind::kInvalidInput);
  }
  EXPECT_THAT(NumberParameter(Parsed("n=0"), "n", {.min = 1, .max = 9}).status().message(),
              HasSubstr("'n' must be a whole number from 1 to 9"));
}

}  // namespace
}  // namespace arrowport::http
