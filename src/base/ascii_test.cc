#include "base/ascii.h"

#include <gtest/gtest.h>

namespace arrowport {
namespace {

TEST(AsciiTest, FoldsTheLettersOfAsciiAndNothingElse) {
  EXPECT_EQ(ToLower("AZaz09@[`{"), "azaz09@[`{");
  EXPECT_EQ(ToLower("Größe ÄÖ"), "größe ÄÖ");
}

TEST(AsciiTest, ComparesWithoutCase) {
  EXPECT_TRUE(EqualsIgnoringCase("Sensor_1", "sENSOR_1"));
  EXPECT_TRUE(EqualsIgnoringCase("", ""));
  EXPECT_FALSE(EqualsIgnoringCase("sensor", "sensors"));
  EXPECT_FALSE(EqualsIgnoringCase("Ä", "ä"));
}

}  // namespace
}  // namespace arrowport
