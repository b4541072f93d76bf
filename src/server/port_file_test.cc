#include "server/port_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace arrowport::server {
namespace {

class PortFileTest : public testing::Test {
 protected:
  PortFileTest() : folder_(testing::TempDir() + "port_file_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~PortFileTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string Path() const { return folder_ + "/ports.json"; }

  const std::string folder_;
};

TEST_F(PortFileTest, TellsPortsAndProcessAndLeavesNothingElse) {
  PortFile file = PortFile::Prepare(Path()).ValueOrDie();
  ASSERT_TRUE(file.Write({.http = 1, .flight = 2}).ok());
  std::ifstream written(Path());
  const nlohmann::json json = nlohmann::json::parse(written);
  EXPECT_EQ(json, nlohmann::json({{"http_port", 1}, {"flight_port", 2}, {"pid", getpid()}}));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(PortFileTest, IsThereFromReadyUntilTheServerStops) {
  std::ofstream(Path()) << "of an earlier server";
  {
    PortFile file = PortFile::Prepare(Path()).ValueOrDie();
    EXPECT_FALSE(std::filesystem::exists(Path()));
    ASSERT_TRUE(file.Write({}).ok());
    const PortFile moved = std::move(file);
    EXPECT_TRUE(std::filesystem::exists(Path()));
  }
  EXPECT_FALSE(std::filesystem::exists(Path()));
}

TEST_F(PortFileTest, AFolderInItsPlaceIsLeftAlone) {
  const Status refused = PortFile::Prepare(folder_).status();
  EXPECT_EQ(refused.message(),
            "port file '" + folder_ + "' cannot be written: it is not a plain file");
  EXPECT_TRUE(std::filesystem::exists(folder_));
}

TEST_F(PortFileTest, AFolderThatIsMissingIsAnErrorWhenItIsWritten) {
  PortFile file = PortFile::Prepare(folder_ + "/none/ports.json").ValueOrDie();
  EXPECT_EQ(file.Write({}).message(), "port file '" + folder_ +
                                          "/none/ports.json' cannot be written: No such file or "
                                          "directory");
}

TEST_F(PortFileTest, WithoutAPathNothingIsWritten) {
  PortFile file = PortFile::Prepare("").ValueOrDie();
  EXPECT_TRUE(file.Write({}).ok());
}

}  // namespace
}  // namespace arrowport::server
