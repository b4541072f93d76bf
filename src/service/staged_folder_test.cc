#include "service/staged_folder.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/ids.h"

namespace arrowport::service {
namespace {

using testing::HasSubstr;

class StagedFolderTest : public testing::Test {
 protected:
  ~StagedFolderTest() override { folder_.Remove(); }

  const StagedFolder folder_{std::filesystem::temp_directory_path() / NewId()};
};

StagedIngest Sample() {
  return {.id = "f00d",
          .stream = "a \"stream\"",
          .owner = "somebody",
          .lifetime = std::chrono::milliseconds(1'500),
          .touched =
              std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'123)),
          .parts = {{.name = "1", .file = "1.x.arrows", .rows = 3, .batches = 2, .bytes = 100},
                    {.name = "2", .file = "2.y.arrows", .rows = 0, .batches = 0, .bytes = 8}}};
}

TEST_F(StagedFolderTest, KeepsAnIngest) {
  EXPECT_FALSE(folder_.HasManifest().ValueOrDie());
  ASSERT_TRUE(folder_.Write(Sample()).ok());
  EXPECT_TRUE(folder_.HasManifest().ValueOrDie());
  const StagedIngest read = folder_.Read().ValueOrDie();
  EXPECT_EQ(read.id, "f00d");
  EXPECT_EQ(read.stream, "a \"stream\"");
  EXPECT_EQ(read.owner, "somebody");
  EXPECT_EQ(read.lifetime, Sample().lifetime);
  EXPECT_EQ(read.touched, Sample().touched);
  ASSERT_EQ(read.parts.size(), 2U);
  EXPECT_EQ(read.parts[0].file, "1.x.arrows");
  EXPECT_EQ(read.parts[0].rows, 3);
  EXPECT_EQ(read.parts[1].bytes, 8);
}

TEST_F(StagedFolderTest, RemovesWhatTheManifestDoesNotName) {
  ASSERT_TRUE(folder_.Write(Sample()).ok());
  for (const char* name : {"1.x.arrows", "1.old.arrows", "2.y.arrows", "ingest.json.partial"}) {
    std::ofstream(folder_.PathOf(name)) << "rows";
  }
  folder_.RemoveOthers(Sample());
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    left.push_back(entry.path().filename());
  }
  EXPECT_THAT(left, testing::UnorderedElementsAre("1.x.arrows", "2.y.arrows", "ingest.json"));
}

TEST_F(StagedFolderTest, RefusesAManifestThatMakesNoSense) {
  ASSERT_TRUE(folder_.Write(Sample()).ok());
  for (const char* text : {"", "[]", R"({"ingest": "f00d"})", R"({"ingest": 7, "stream": "s"})"}) {
    std::ofstream(folder_.PathOf("ingest.json")) << text;
    const Status read = folder_.Read().status();
    EXPECT_EQ(KindOf(read), ErrorKind::kInvalidInput) << text;
    EXPECT_THAT(read.message(), HasSubstr("ingest.json"));
  }
}

TEST(PartNameTest, IsOneThatAnyFileCanHave) {
  for (const char* name : {"1", "a-b_c.D", "0007", "x."}) EXPECT_TRUE(IsPartName(name)) << name;
  for (const char* name : {"", ".", "..", ".a", "a/b", "a b", "ä", "a\n"}) {
    EXPECT_FALSE(IsPartName(name)) << name;
  }
  EXPECT_TRUE(IsPartName(std::string(128, 'a')));
  EXPECT_FALSE(IsPartName(std::string(129, 'a')));
}

TEST(PartNameTest, OrdersNumbersByValueAndBeforeTexts) {
  std::vector<std::string> names = {"b",   "10", "a", "9", "1a",
                                    "007", "8",  "7", "0", "123456789012345678901"};
  std::ranges::sort(names, LandsBefore);
  EXPECT_THAT(names, testing::ElementsAre("0", "007", "7", "8", "9", "10", "123456789012345678901",
                                          "1a", "a", "b"));
}

}  // namespace
}  // namespace arrowport::service
