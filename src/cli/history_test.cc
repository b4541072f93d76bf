#include "cli/history.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/temporary_folder.h"

namespace arrowport::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class HistoryTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string Path() const { return folder_.path() + "/a/state/history"; }

  [[nodiscard]] History Open(size_t entries_max = History::kEntriesMax) const {
    return History::Open(Path(), entries_max).ValueOrDie();
  }

  const TemporaryFolder folder_ =
      TemporaryFolder::Make(SystemTemporaryFolder(), "history_test").ValueOrDie();
};

TEST_F(HistoryTest, GivesBackWhatWasEnteredOldestFirst) {
  History history = Open();
  EXPECT_THAT(history.entries(), IsEmpty());
  ASSERT_TRUE(history.Add("SELECT 1;").ok());
  ASSERT_TRUE(history.Add("\\d flights").ok());
  EXPECT_THAT(Open().entries(), ElementsAre("SELECT 1;", "\\d flights"));
}

TEST_F(HistoryTest, AnEntryOfSeveralLinesStaysOne) {
  ASSERT_TRUE(Open().Add("SELECT '\\n',\n  'a\\\\b'\nFROM t;\n").ok());
  EXPECT_THAT(Open().entries(), ElementsAre("SELECT '\\n',\n  'a\\\\b'\nFROM t;"));
}

TEST_F(HistoryTest, BlanksAndRepetitionsAreNotKept) {
  History history = Open();
  for (const char* entry : {"a;", "a;", "a;\n", " \n", "b;", "a;"}) {
    ASSERT_TRUE(history.Add(entry).ok());
  }
  EXPECT_THAT(Open().entries(), ElementsAre("a;", "b;", "a;"));
}

TEST_F(HistoryTest, TwoProgramsAddToOneFile) {
  History first = Open();
  History second = Open();
  ASSERT_TRUE(first.Add("first").ok());
  ASSERT_TRUE(second.Add("second").ok());
  EXPECT_THAT(Open().entries(), ElementsAre("first", "second"));
}

TEST_F(HistoryTest, OnlyItsOwnerCanReadIt) {
  using std::filesystem::perms;
  std::filesystem::create_directories(std::filesystem::path(Path()).parent_path());
  std::ofstream(Path()) << "old\n";
  std::filesystem::permissions(Path(), perms::owner_read | perms::owner_write | perms::others_read);
  EXPECT_EQ(Open().entries().size(), 1U);
  EXPECT_EQ(std::filesystem::status(Path()).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(HistoryTest, IsCutToItsLastEntries) {
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(Open().Add(std::to_string(i)).ok());
  EXPECT_THAT(Open(3).entries(), ElementsAre("27", "28", "29"));
  EXPECT_THAT(Open().entries(), ElementsAre("27", "28", "29"));
}

TEST_F(HistoryTest, SaysWhereItCannotBeKept) {
  EXPECT_EQ(History::Open("/proc/history").status().message(),
            "history '/proc/history': No such file or directory");
}

TEST(HistoryPathTest, FollowsTheEnvironment) {
  setenv("HOME", "/home/you", 1);
  unsetenv("XDG_STATE_HOME");
  EXPECT_EQ(History::DefaultPath(), "/home/you/.local/state/arrowport/history");
  setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_EQ(History::DefaultPath(), "/state/arrowport/history");
  setenv("XDG_STATE_HOME", "relative", 1);
  EXPECT_EQ(History::DefaultPath(), "/home/you/.local/state/arrowport/history");
  unsetenv("XDG_STATE_HOME");
}

}  // namespace
}  // namespace arrowport::cli
