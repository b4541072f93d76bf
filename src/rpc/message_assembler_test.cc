#include "rpc/message_assembler.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <arrow/buffer.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "rpc/test_client.h"

namespace arrowport::rpc {
namespace {

using testing::Framed;

class MessageAssemblerTest : public ::testing::Test {
 protected:
  Status Add(std::string_view bytes) {
    return assembler_.Add({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
                          messages_);
  }

  static size_t FindMark(std::string_view beginning) {
    const size_t found = beginning.find('|');
    return found == std::string_view::npos ? 0 : found;
  }

  MessageAssembler assembler_{
      {.message_bytes_max = 40 * kMiB, .limit_name = "the.limit", .find_aligned = FindMark}};
  std::deque<std::shared_ptr<arrow::Buffer>> messages_;
};

TEST_F(MessageAssemblerTest, TakesSeveralMessagesAtOnceAndEmptyOnes) {
  ASSERT_TRUE(Add(Framed("one") + Framed("") + Framed("three")).ok());
  ASSERT_EQ(messages_.size(), 3);
  EXPECT_EQ(messages_[0]->ToString(), "one");
  EXPECT_EQ(messages_[1]->ToString(), "");
  EXPECT_EQ(messages_[2]->ToString(), "three");
  EXPECT_FALSE(assembler_.is_within_message());
}

TEST_F(MessageAssemblerTest, TakesThemInPiecesOfAnySize) {
  const std::string framed = Framed("header|body") + Framed("") + Framed("more");
  for (size_t piece = 1; piece < framed.size(); ++piece) {
    messages_.clear();
    for (size_t begin = 0; begin < framed.size(); begin += piece) {
      ASSERT_TRUE(Add(std::string_view(framed).substr(begin, piece)).ok());
    }
    ASSERT_EQ(messages_.size(), 3) << piece;
    EXPECT_EQ(messages_[0]->ToString(), "header|body") << piece;
    EXPECT_EQ(messages_[2]->ToString(), "more") << piece;
  }
}

TEST_F(MessageAssemblerTest, PutsWhatShouldBeAlignedAtABoundary) {
  constexpr size_t kBoundary = 64;
  for (const char* message : {"|", "a|b", "a long header of a message|and its body"}) {
    ASSERT_TRUE(Add(Framed(message)).ok());
    const uint8_t* const mark = messages_.back()->data() + std::string_view(message).find('|');
    EXPECT_EQ(reinterpret_cast<uintptr_t>(mark) % kBoundary, 0) << message;
  }
}

TEST_F(MessageAssemblerTest, GrowsWithWhatComes) {
  std::string message(33 * kMiB, 'x');
  message[7] = '|';
  message.back() = 'z';
  const std::string framed = Framed(message);
  for (size_t begin = 0; begin < framed.size(); begin += kMiB) {
    ASSERT_TRUE(Add(std::string_view(framed).substr(begin, kMiB)).ok());
  }
  ASSERT_EQ(messages_.size(), 1);
  EXPECT_EQ(messages_[0]->ToString(), message);
}

TEST_F(MessageAssemblerTest, KnowsWhetherItIsWithinAMessage) {
  ASSERT_TRUE(Add(Framed("one").substr(0, 3)).ok());
  EXPECT_TRUE(assembler_.is_within_message());
  ASSERT_TRUE(Add(Framed("one").substr(3, 4)).ok());
  EXPECT_TRUE(assembler_.is_within_message());
  ASSERT_TRUE(Add(Framed("one").substr(7)).ok());
  EXPECT_FALSE(assembler_.is_within_message());
}

TEST_F(MessageAssemblerTest, RefusesAMessageByItsLengthAlone) {
  const Status refused = Add({"\0\x7f\xff\xff\xff", 5});
  EXPECT_EQ(KindOf(refused), ErrorKind::kTooLarge);
  EXPECT_EQ(refused.message(),
            "a message has 2147483647 bytes, the limit is 41943040 (the.limit); send smaller ones");
}

TEST_F(MessageAssemblerTest, RefusesCompressedMessages) {
  EXPECT_EQ(KindOf(Add(Framed("one", '\1'))), ErrorKind::kNotImplemented);
}

}  // namespace
}  // namespace arrowport::rpc
