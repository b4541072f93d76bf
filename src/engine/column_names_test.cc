#include "engine/column_names.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::engine {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kColumns = {"id", "Name", "a,b", "say \"hi\"", " padded ", "order"};

std::vector<std::string> Found(const std::string& text) {
  return FindColumns(text, kColumns).ValueOrDie();
}

TEST(ColumnNamesTest, FindsNamesInTheOrderOfTheText) {
  EXPECT_THAT(Found("id"), ElementsAre("id"));
  EXPECT_THAT(Found(" order ,id"), ElementsAre("order", "id"));
  EXPECT_THAT(Found("id,id"), ElementsAre("id", "id"));
}

TEST(ColumnNamesTest, FindsNamesWithoutRegardToCase) {
  EXPECT_THAT(Found("ID,name,NAME"), ElementsAre("id", "Name", "Name"));
  EXPECT_THAT(FindColumns("a", {"A", "a"}).ValueOrDie(), ElementsAre("a"));
}

TEST(ColumnNamesTest, TakesQuotesAroundAnyName) {
  EXPECT_THAT(Found(R"("a,b","id" , "say ""hi"""," padded ")").size(), 4U);
  EXPECT_THAT(Found(R"("a,b","say ""hi""")"), ElementsAre("a,b", "say \"hi\""));
  EXPECT_THAT(Found(R"(" padded ")"), ElementsAre(" padded "));
}

TEST(ColumnNamesTest, QuotesWhatIsNoColumnAndListsThem) {
  for (const char* text : {"", "nope", "id,", ",id", "id,,id", "*", "id;", "id FROM t", "padded",
                           "\"id", "\"id\" x", "\"i\"d\"", "\"\"\"", "1", "id--", "\"*\""}) {
    const Status status = FindColumns(text, kColumns).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << text;
    EXPECT_THAT(status.message(), AllOf(HasSubstr("columns: "), HasSubstr("id, Name"))) << text;
  }
}

}  // namespace
}  // namespace arrowport::engine
