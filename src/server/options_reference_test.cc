#include "server/options_reference.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "server/options.h"

namespace arrowport::server {
namespace {

TEST(OptionsReferenceTest, TellsEveryNameOfEveryOption) {
  const std::string page = OptionsReference();
  for (const OptionRow& row : OptionTable()) {
    EXPECT_NE(page.find("| `" + std::string(row.name) + "`"), std::string::npos) << row.name;
    EXPECT_NE(page.find("`" + row.Flag() + "`"), std::string::npos) << row.Flag();
    EXPECT_NE(page.find("`" + row.EnvironmentName() + "`"), std::string::npos);
    for (const std::string_view key : row.other_keys) {
      EXPECT_NE(page.find("`" + std::string(key) + "`"), std::string::npos) << key;
    }
  }
  for (const ForeignSetting& setting : ForeignSettings()) {
    EXPECT_NE(page.find("`" + std::string(setting.key) + "`"), std::string::npos) << setting.key;
  }
}

}  // namespace
}  // namespace arrowport::server
