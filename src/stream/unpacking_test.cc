#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/ipc/options.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "stream/incoming_memory.h"
#include "stream/ipc_decoder.h"
#include "stream/ipc_samples.h"

namespace arrowport::stream {
namespace {

using testing::HasSubstr;

IncomingMemory& Memory() { return IncomingMemory::OfProcess(); }

/// With 16 MiB of memory for what comes in.
class UnpackingTest : public testing::Test {
 protected:
  static constexpr int64_t kBytesMax = 16 * kMiB;

  UnpackingTest() { Memory().SetBytesMax(kBytesMax); }
  ~UnpackingTest() override {
    EXPECT_EQ(Memory().bytes_held(), 0);
    Memory().SetBytesMax(std::numeric_limits<int64_t>::max());
  }
};

// A batch of zeros, which take `bytes`.
std::shared_ptr<arrow::RecordBatch> Zeros(int64_t bytes) {
  const int64_t rows = bytes / static_cast<int64_t>(sizeof(int64_t));
  auto column = arrow::MakeArrayFromScalar(*arrow::MakeScalar(int64_t{0}), rows).ValueOrDie();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("a", arrow::int64())}), rows,
                                  {std::move(column)});
}

std::string Packed(const Batches& batches) {
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.codec = arrow::util::Codec::Create(arrow::Compression::ZSTD).ValueOrDie();
  return ToIpcStream(batches, options).ValueOrDie();
}

// Feeds `decoder` until it waits for memory, or the bytes are at their end.
Status FeedSome(IpcDecoder& decoder, std::string_view* bytes) {
  while (!bytes->empty() && !decoder.WaitsForMemory()) {
    ARROW_ASSIGN_OR_RAISE(const std::span<uint8_t> space, decoder.Prepare());
    const size_t part = std::min(space.size(), bytes->size());
    std::memcpy(space.data(), bytes->data(), part);
    bytes->remove_prefix(part);
    ARROW_RETURN_NOT_OK(decoder.Commit(part));
  }
  return Status::OK();
}

TEST_F(UnpackingTest, HoldsTheMemoryOfABatchAsLongAsTheBatchIsThere) {
  auto batches = FromIpcStream(Packed({Zeros(4 * kMiB)})).ValueOrDie();
  EXPECT_EQ(Memory().bytes_held(), 4 * kMiB);
  batches.clear();
  EXPECT_EQ(Memory().bytes_held(), 0);
}

TEST_F(UnpackingTest, TakesNoMemoryForWhatIsNotPacked) {
  const auto batches = FromIpcStream(ToIpcStream({Zeros(32 * kMiB)}).ValueOrDie());
  ASSERT_TRUE(batches.ok()) << batches.status();
  EXPECT_EQ(Memory().bytes_held(), 0);
}

TEST_F(UnpackingTest, RefusesABatchThatTakesMoreThanThereIs) {
  const Status status = FromIpcStream(Packed({Zeros(17 * kMiB)})).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kTooLarge);
  EXPECT_THAT(status.message(), HasSubstr("send smaller batches"));
}

TEST_F(UnpackingTest, RefusesABatchWhileOthersHaveTheMemoryWhenNobodyWaits) {
  const auto held = FromIpcStream(Packed({Zeros(10 * kMiB)})).ValueOrDie();
  const std::string bytes = Packed({Zeros(10 * kMiB)});
  EXPECT_EQ(KindOf(FromIpcStream(bytes).status()), ErrorKind::kOverloaded);
  EXPECT_EQ(Memory().bytes_held(), 10 * kMiB);
}

TEST_F(UnpackingTest, GoesOnWhenTheMemoryIsThereThatItWaitsFor) {
  auto held = FromIpcStream(Packed({Zeros(10 * kMiB)})).ValueOrDie();
  const auto sent = Zeros(10 * kMiB);
  const std::string stream = Packed({sent});
  std::string_view rest = stream;
  IpcDecoder decoder({.caller_waits = true});
  ASSERT_TRUE(FeedSome(decoder, &rest).ok());
  ASSERT_TRUE(decoder.WaitsForMemory());
  EXPECT_FALSE(decoder.at_end());
  EXPECT_TRUE(decoder.Prepare()->empty());
  EXPECT_EQ(decoder.bytes_wanted(), 10 * kMiB);
  bool woken = false;
  ASSERT_EQ(decoder.AskForMemory([&woken] { woken = true; }), QueueState::kWait);
  EXPECT_FALSE(woken);
  held.clear();
  EXPECT_TRUE(woken);
  EXPECT_EQ(decoder.AskForMemory([] {}), QueueState::kReady);
  ASSERT_TRUE(decoder.GoOn().ok());
  EXPECT_TRUE(decoder.TakeBatch()->Equals(*sent));
  ASSERT_TRUE(FeedSome(decoder, &rest).ok());
  EXPECT_TRUE(decoder.at_end());
}

TEST_F(UnpackingTest, ForgetsADecoderThatGoesWhileItWaits) {
  auto held = FromIpcStream(Packed({Zeros(10 * kMiB)})).ValueOrDie();
  const std::string stream = Packed({Zeros(10 * kMiB)});
  {
    std::string_view rest = stream;
    IpcDecoder decoder({.caller_waits = true});
    ASSERT_TRUE(FeedSome(decoder, &rest).ok());
    ASSERT_EQ(decoder.AskForMemory([] { FAIL() << "nobody is there"; }), QueueState::kWait);
  }
  held.clear();
}

TEST_F(UnpackingTest, TellsWhyThereWillBeNoMemory) {
  const std::string stream = Packed({Zeros(17 * kMiB)});
  std::string_view rest = stream;
  IpcDecoder decoder({.caller_waits = true});
  ASSERT_TRUE(FeedSome(decoder, &rest).ok());
  ASSERT_EQ(decoder.AskForMemory([] {}), QueueState::kClosed);
  EXPECT_EQ(KindOf(decoder.GoOn()), ErrorKind::kTooLarge);
  EXPECT_EQ(KindOf(decoder.Prepare().status()), ErrorKind::kTooLarge);
}

TEST_F(UnpackingTest, CountsBodiesOfAStreamThatIsUnpackedItself) {
  const auto sent = Zeros(10 * kMiB);
  const std::string stream = ToIpcStream({sent}).ValueOrDie();
  std::string_view rest = stream;
  IpcDecoder decoder({.caller_waits = true, .is_unpacked = true});
  ASSERT_TRUE(FeedSome(decoder, &rest).ok());
  ASSERT_TRUE(decoder.WaitsForMemory());
  // Before its body has come.
  EXPECT_GT(rest.size(), static_cast<size_t>(10 * kMiB));
  ASSERT_EQ(decoder.AskForMemory([] {}), QueueState::kReady);
  ASSERT_TRUE(decoder.GoOn().ok());
  EXPECT_GE(Memory().bytes_held(), 10 * kMiB);
  ASSERT_TRUE(FeedSome(decoder, &rest).ok());
  EXPECT_TRUE(decoder.TakeBatch()->Equals(*sent));
  EXPECT_EQ(KindOf(FromIpcStream(ToIpcStream({Zeros(17 * kMiB)}).ValueOrDie(), SIZE_MAX,
                                 {.is_unpacked = true})
                       .status()),
            ErrorKind::kTooLarge);
}

// Rows of one text that stands once, in a dictionary or behind views.
std::shared_ptr<arrow::RecordBatch> RowsOfOneText(bool as_views, int64_t rows, size_t bytes) {
  std::shared_ptr<arrow::Array> column;
  if (as_views) {
    const auto text = arrow::Buffer::FromString(std::string(bytes, 'x'));
    arrow::StringViewBuilder builder;
    EXPECT_TRUE(builder.Append(text->ToString()).ok());
    const auto one = builder.Finish().ValueOrDie();
    std::vector<arrow::BinaryViewType::c_type> views(
        static_cast<size_t>(rows), *one->data()->GetValues<arrow::BinaryViewType::c_type>(1));
    column = arrow::MakeArray(arrow::ArrayData::Make(
        arrow::utf8_view(), rows,
        {nullptr, arrow::Buffer::FromVector(std::move(views)), one->data()->buffers[2]}));
  } else {
    arrow::StringBuilder text;
    EXPECT_TRUE(text.Append(std::string(bytes, 'x')).ok());
    const auto indices =
        arrow::MakeArrayFromScalar(*arrow::MakeScalar(int8_t{0}), rows).ValueOrDie();
    column = arrow::DictionaryArray::FromArrays(indices, text.Finish().ValueOrDie()).ValueOrDie();
  }
  auto schema = arrow::schema({arrow::field("a", column->type())});
  return arrow::RecordBatch::Make(std::move(schema), rows, {std::move(column)});
}

TEST_F(UnpackingTest, RefusesRowsThatShareValuesWhichTakeTooMuchOfEachOfThem) {
  for (const bool as_views : {false, true}) {
    const auto taken = FromIpcStream(ToIpcStream({RowsOfOneText(as_views, 15, kMiB)}).ValueOrDie());
    EXPECT_TRUE(taken.ok()) << taken.status();
    const auto refused =
        FromIpcStream(ToIpcStream({RowsOfOneText(as_views, 17, kMiB)}).ValueOrDie());
    EXPECT_EQ(KindOf(refused.status()), ErrorKind::kTooLarge);
    EXPECT_THAT(refused.status().message(), HasSubstr("column 'a'"));
  }
}

}  // namespace
}  // namespace arrowport::stream
