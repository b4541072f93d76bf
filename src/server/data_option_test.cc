#include "server/data_option.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/data_source.h"
#include "server/config_file.h"
#include "server/environment.h"
#include "server/options.h"

namespace arrowport::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// As "view=pattern", with a mark for views of each file.
std::vector<std::string> Told(const ServerOptions& options) {
  std::vector<std::string> told;
  told.reserve(options.database.data_sources.size());
  for (const engine::DataSource& source : options.database.data_sources) {
    told.push_back(source.view + "=" + source.pattern + (source.view_per_file ? " each" : ""));
  }
  return told;
}

Result<ServerOptions> Resolve(GivenOptions given) {
  return ResolveOptions({.command_line = {}, .environment = {}, .file = std::move(given)});
}

TEST(DataOptionTest, NothingIsServedWithoutIt) { EXPECT_THAT(Told(DefaultOptions()), IsEmpty()); }

TEST(DataOptionTest, AFileTakesAListOfViews) {
  const auto given = ReadConfigText(
      "parquet_path: /lake/trips\n"
      "data:\n"
      "  - zones=/lake/zones.csv\n"
      "  - events = s3://lake/a=b/*.json\n",
      "a.yaml");
  ASSERT_TRUE(given.ok()) << given.status();
  const auto options = Resolve(*given);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(Told(*options), ElementsAre("dataset=/lake/trips each", "zones=/lake/zones.csv",
                                          "events=s3://lake/a=b/*.json"));
}

TEST(DataOptionTest, AFileTakesOneViewAsAPlainValue) {
  const auto given = ReadConfigText("data: zones=/lake/zones.csv\n", "a.yaml");
  ASSERT_TRUE(given.ok()) << given.status();
  EXPECT_THAT(Told(*Resolve(*given)), ElementsAre("zones=/lake/zones.csv"));
}

TEST(DataOptionTest, AnEnvironmentNameTakesAViewPerLine) {
  const auto given = ReadEnvironment({{"ARROWPORT_DATA", "a=/a.csv\n\nb=/b.csv\n"}});
  EXPECT_THAT(Told(*Resolve(given)), ElementsAre("a=/a.csv", "b=/b.csv"));
}

TEST(DataOptionTest, RefusesWhatIsNoNameAndGlob) {
  for (const char* text : {"trips", "=x.csv", "trips=", "a=/a.csv\ntrips"}) {
    std::vector<engine::DataSource> sources;
    const Status status = ReadDataViews(text, &sources);
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << text;
    EXPECT_THAT(status.message(), HasSubstr("is not NAME=GLOB")) << text;
  }
}

TEST(DataOptionTest, AListIsNoValueOfOtherOptions) {
  EXPECT_FALSE(ReadConfigText("parquet_path: [a, b]\n", "a.yaml").ok());
  EXPECT_FALSE(ReadConfigText("data: [[a]]\n", "a.yaml").ok());
}

}  // namespace
}  // namespace arrowport::server
