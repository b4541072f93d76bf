#include "cli/file_patterns.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"
#include "cli/temporary_folder.h"

namespace arrowport::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FilePatternsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::Make(SystemTemporaryFolder(), "patterns");
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_.emplace(*std::move(folder));
  }

  [[nodiscard]] std::string Path(const std::string& name) const {
    return folder_->path() + "/" + name;
  }

  [[nodiscard]] std::string Touch(const std::string& name) const {
    std::filesystem::create_directories(std::filesystem::path(Path(name)).parent_path());
    std::ofstream(Path(name)) << "x";
    return Path(name);
  }

  std::optional<TemporaryFolder> folder_;
};

TEST_F(FilePatternsTest, GiveTheFilesByName) {
  const std::string b = Touch("2013/b.csv");
  const std::string a = Touch("2012/a.csv");
  (void)Touch("2012/a.parquet");
  const auto paths = ExpandPatterns({Path("201[23]/?.csv")});
  ASSERT_TRUE(paths.ok()) << paths.status();
  EXPECT_THAT(*paths, ElementsAre(a, b));
}

TEST_F(FilePatternsTest, KeepTheOrderOfTheWordsAndNameAFileOnce) {
  const std::string a = Touch("a.csv");
  const std::string b = Touch("b.csv");
  const auto paths = ExpandPatterns({b, Path("*.csv"), "-", "nowhere.csv"});
  ASSERT_TRUE(paths.ok()) << paths.status();
  EXPECT_THAT(*paths, ElementsAre(b, a, "-", "nowhere.csv"));
}

TEST_F(FilePatternsTest, AFileThatIsThereIsItself) {
  const std::string odd = Touch("[a]*.csv");
  (void)Touch("a1.csv");
  const auto paths = ExpandPatterns({odd});
  ASSERT_TRUE(paths.ok()) << paths.status();
  EXPECT_THAT(*paths, ElementsAre(odd));
}

TEST_F(FilePatternsTest, OneThatMatchesNothingIsAnError) {
  const auto paths = ExpandPatterns({Path("*.parquet")});
  EXPECT_EQ(KindOf(paths.status()), ErrorKind::kNotFound) << paths.status();
  EXPECT_THAT(paths.status().message(), HasSubstr("*.parquet"));
}

}  // namespace
}  // namespace arrowport::cli
