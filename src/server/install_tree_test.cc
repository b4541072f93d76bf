#include "server/install_tree.h"

#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace arrowport::server {
namespace {

TEST(InstallTreeTest, TheFolderThatTheEnvironmentNamesComesFirst) {
  const std::string folder = testing::TempDir() + "share_" + std::to_string(getpid());
  std::filesystem::create_directories(folder + "/flights");
  std::ofstream(folder + "/flights/some.csv") << "a\n";
  setenv("ARROWPORT_SHARE", folder.c_str(), 1);
  EXPECT_EQ(FindShared("flights/some.csv"),
            std::filesystem::canonical(folder + "/flights/some.csv").string());
  unsetenv("ARROWPORT_SHARE");
  std::filesystem::remove_all(folder);
}

TEST(InstallTreeTest, WhatIsNowhereIsNotFound) {
  EXPECT_EQ(FindShared("no/such/file"), std::nullopt);
}

TEST(InstallTreeTest, TheProgramKnowsItsFile) {
  EXPECT_TRUE(std::filesystem::exists(ProgramPath()));
}

}  // namespace
}  // namespace arrowport::server
