#include "cli/file_identity.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include "base/error.h"
#include "cli/temporary_folder.h"

namespace arrowport::cli {
namespace {

using ::testing::StartsWith;

class FileIdentityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::Make(SystemTemporaryFolder(), "identity");
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_.emplace(*std::move(folder));
    Write(path(), std::string(200'000, 'a'));
  }

  static void Write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  [[nodiscard]] std::string path(const std::string& name = "trips.csv") const {
    return folder_->path() + "/" + name;
  }

  static std::string Of(const std::string& path) {
    auto producer = ProducerOfFile("me", path);
    return producer.ok() ? *producer : producer.status().ToString();
  }

  std::optional<TemporaryFolder> folder_;
};

TEST_F(FileIdentityTest, StaysTheSameWhenTheFileDoes) {
  const std::string producer = Of(path());
  EXPECT_THAT(producer, StartsWith("me:"));
  std::filesystem::last_write_time(path(), std::filesystem::file_time_type());
  EXPECT_EQ(Of(path()), producer);
  EXPECT_EQ(Of(folder_->path() + "/./trips.csv"), producer);
}

TEST_F(FileIdentityTest, IsAnotherOneForAnotherPathSizeBeginningOrEnd) {
  const std::string producer = Of(path());
  std::filesystem::copy(path(), path("copy.csv"));
  EXPECT_NE(Of(path("copy.csv")), producer);
  std::string text(200'000, 'a');
  text += "b";
  Write(path(), text);
  EXPECT_NE(Of(path()), producer);
  Write(path(), "b" + std::string(199'999, 'a'));
  EXPECT_NE(Of(path()), producer);
  Write(path(), std::string(199'999, 'a') + "b");
  EXPECT_NE(Of(path()), producer);
}

TEST_F(FileIdentityTest, AFileThatGrowsStaysTheSameUntilItIsReplaced) {
  const auto producer = ProducerOfGrowingFile("me", path());
  ASSERT_TRUE(producer.ok()) << producer.status();
  std::ofstream(path(), std::ios::app) << "more";
  EXPECT_EQ(*ProducerOfGrowingFile("me", path()), *producer);
  Write(path("other.csv"), "other");
  std::filesystem::rename(path("other.csv"), path());
  EXPECT_NE(*ProducerOfGrowingFile("me", path()), *producer);
}

TEST_F(FileIdentityTest, AFileThatIsNotThereIsAnError) {
  EXPECT_EQ(KindOf(ProducerOfFile("me", path("none")).status()), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(ProducerOfGrowingFile("me", path("none")).status()), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace arrowport::cli
