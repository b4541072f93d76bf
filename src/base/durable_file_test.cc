#include "base/durable_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/ids.h"

namespace arrowport {
namespace {

class DurableFileTest : public testing::Test {
 protected:
  DurableFileTest() { std::filesystem::create_directories(folder_); }
  ~DurableFileTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ / name; }

  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  const std::filesystem::path folder_ = std::filesystem::temp_directory_path() / NewId();
};

TEST_F(DurableFileTest, ReplacesWhatIsThere) {
  const std::string path = Path("a.json");
  EXPECT_TRUE(WriteDurably(path, "the first text").ok());
  EXPECT_EQ(Read(path), "the first text");
  EXPECT_TRUE(WriteDurably(path, "").ok());
  EXPECT_EQ(Read(path), "");
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
}

TEST_F(DurableFileTest, FailsWithThePath) {
  const Status missing = WriteDurably(Path("missing/a.json"), "text");
  EXPECT_EQ(KindOf(missing), ErrorKind::kUnavailable);
  EXPECT_NE(missing.message().find("missing/a.json"), std::string::npos) << missing.message();
  EXPECT_EQ(KindOf(SyncToDisk(Path("nothing"))), ErrorKind::kUnavailable);
}

TEST_F(DurableFileTest, TellsAFullDisk) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  std::filesystem::create_symlink("/dev/full", Path("a.partial"));
  EXPECT_EQ(KindOf(WriteDurably(Path("a"), "text")), ErrorKind::kStorageFull);
}

}  // namespace
}  // namespace arrowport
