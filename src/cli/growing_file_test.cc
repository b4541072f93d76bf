#include "cli/growing_file.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "cli/temporary_folder.h"

namespace arrowport::cli {
namespace {

class GrowingFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::Make(SystemTemporaryFolder(), "growing");
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_.emplace(*std::move(folder));
    Append("one");
    auto file = GrowingFile::Open(path());
    ASSERT_TRUE(file.ok()) << file.status();
    file_ = *std::move(file);
  }

  [[nodiscard]] std::string path() const { return folder_->path() + "/rows.ndjson"; }

  void Append(const std::string& text) const { std::ofstream(path(), std::ios::app) << text; }

  std::string Read() {
    const auto bytes = file_->Read();
    return bytes.ok() ? std::string(*bytes) : bytes.status().ToString();
  }

  std::optional<TemporaryFolder> folder_;
  std::unique_ptr<GrowingFile> file_;
};

TEST_F(GrowingFileTest, GivesWhatIsAppended) {
  EXPECT_EQ(Read(), "one");
  EXPECT_EQ(Read(), "");
  Append("two");
  EXPECT_EQ(Read(), "two");
  EXPECT_EQ(file_->bytes_read(), 6);
}

TEST_F(GrowingFileTest, WaitsUntilSomethingIsAppended) {
  EXPECT_EQ(Read(), "one");
  std::jthread writer([this] { Append("two"); });
  std::string read;
  while (read.empty()) {
    file_->WaitForMore(std::nullopt, {});
    read = Read();
  }
  EXPECT_EQ(read, "two");
}

TEST_F(GrowingFileTest, WaitsNoLongerThanItShould) {
  file_->WaitForMore(Clock::now(), {});
  std::stop_source stop;
  stop.request_stop();
  file_->WaitForMore(Clock::now() + std::chrono::hours(1), stop.get_token());
}

TEST_F(GrowingFileTest, TellsThatItHasBecomeShorter) {
  EXPECT_EQ(Read(), "one");
  std::filesystem::resize_file(path(), 1);
  EXPECT_EQ(KindOf(file_->Read().status()), ErrorKind::kConflict);
}

TEST_F(GrowingFileTest, TellsThatItWasDeleted) {
  EXPECT_FALSE(file_->IsDeleted());
  std::filesystem::remove(path());
  EXPECT_TRUE(file_->IsDeleted());
  EXPECT_EQ(Read(), "one");
}

}  // namespace
}  // namespace arrowport::cli
