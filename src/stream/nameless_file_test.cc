#include "stream/nameless_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <arrow/buffer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/ids.h"

namespace arrowport::stream {
namespace {

using testing::HasSubstr;

class NamelessFileTest : public testing::Test {
 protected:
  NamelessFileTest() { std::filesystem::create_directories(folder_); }
  ~NamelessFileTest() override { std::filesystem::remove_all(folder_); }

  const std::string folder_ = std::filesystem::temp_directory_path() / ("nameless-" + NewId());
};

std::shared_ptr<arrow::Buffer> Bytes(const std::string& text) {
  return arrow::Buffer::FromString(text);
}

TEST_F(NamelessFileTest, KeepsWhatWasWrittenAndHasNoName) {
  const auto file = NamelessFile::Make(folder_).ValueOrDie();
  ASSERT_TRUE(file->Append({Bytes("abc"), Bytes("")}).ok());
  ASSERT_TRUE(file->Append({Bytes("defg")}).ok());
  ASSERT_TRUE(file->Finish().ok());
  EXPECT_EQ(file->bytes(), 7);
  EXPECT_EQ((*file->ReadAt(2, 3))->ToString(), "cde");
  EXPECT_EQ((*file->ReadAt(0, 7))->ToString(), "abcdefg");
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(NamelessFileTest, DoesNotReadBehindItsEnd) {
  const auto file = NamelessFile::Make(folder_).ValueOrDie();
  ASSERT_TRUE(file->Append({Bytes("abc")}).ok());
  EXPECT_EQ(KindOf(file->ReadAt(1, 3).status()), ErrorKind::kInternal);
}

TEST_F(NamelessFileTest, NamesAFolderThatIsNotThere) {
  const Status status = NamelessFile::Make(folder_ + "/none").status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr(folder_ + "/none"));
}

TEST_F(NamelessFileTest, RemovesLeftoversAndNothingElse) {
  const auto write = [this](const std::string& name) {
    std::ofstream(folder_ + "/" + name) << "x";
  };
  write("arrowport-1.nameless");
  write("arrowport-1.parquet");
  write("mine.nameless");
  RemoveLeftovers(folder_);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/arrowport-1.nameless"));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/arrowport-1.parquet"));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/mine.nameless"));
  RemoveLeftovers(folder_ + "/none");
}

}  // namespace
}  // namespace arrowport::stream
