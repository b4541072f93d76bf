#include "base/folder_lock.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/ids.h"

namespace arrowport {
namespace {

TEST(FolderLockTest, IsHeldByOne) {
  const std::string folder = std::filesystem::temp_directory_path() / NewId();
  EXPECT_EQ(KindOf(FolderLock::Take(folder).status()), ErrorKind::kUnavailable);
  std::filesystem::create_directories(folder);
  {
    const auto lock = FolderLock::Take(folder);
    ASSERT_TRUE(lock.ok()) << lock.status();
    const Status other = FolderLock::Take(folder).status();
    EXPECT_EQ(KindOf(other), ErrorKind::kUnavailable);
    EXPECT_NE(other.message().find("another server"), std::string::npos) << other.message();
  }
  EXPECT_TRUE(FolderLock::Take(folder).ok());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace arrowport
