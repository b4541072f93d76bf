#include "server/load_options.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "server/options.h"

namespace arrowport::server {
namespace {

class LoadOptionsTest : public testing::Test {
 protected:
  LoadOptionsTest() : path_(testing::TempDir() + "load_" + std::to_string(getpid()) + ".yaml") {
    std::ofstream(path_) << "http_port: 1\nflight_port: 2\nduckdb_extensions: [arrow]\n";
  }
  ~LoadOptionsTest() override { std::remove(path_.c_str()); }

  const std::string path_;
};

TEST_F(LoadOptionsTest, TheFileThatTheEnvironmentNamesIsRead) {
  const LoadedOptions loaded =
      LoadOptions({}, {{"ARROWPORT_CONFIG", path_}, {"ARROWPORT_FLIGHT_PORT", "3"}}).ValueOrDie();
  EXPECT_EQ(loaded.options.http.port, 1);
  EXPECT_EQ(loaded.options.flight.port, 3);
  ASSERT_EQ(loaded.notes.size(), 1);
  EXPECT_TRUE(loaded.notes[0].starts_with(path_ + ":3: duckdb_extensions: "));
}

TEST_F(LoadOptionsTest, TheFileOfTheCommandLineWins) {
  GivenOptions command_line;
  command_line.texts["config"] = {.text = path_, .place = "--config"};
  const LoadedOptions loaded =
      LoadOptions(command_line, {{"ARROWPORT_CONFIG", "/not/there"}}).ValueOrDie();
  EXPECT_EQ(loaded.options.http.port, 1);
}

TEST_F(LoadOptionsTest, AFileThatIsNotThereIsAnError) {
  EXPECT_EQ(KindOf(LoadOptions({}, {{"ARROWPORT_CONFIG", "/not/there"}}).status()),
            ErrorKind::kNotFound);
}

TEST_F(LoadOptionsTest, WithoutAFileDefaultsHold) {
  EXPECT_EQ(LoadOptions({}, {})->options.http.port, 8888);
}

}  // namespace
}  // namespace arrowport::server
