#include "stream/framed_encoder.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/io/compressed.h>
#include <arrow/io/memory.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/batch_encoder.h"
#include "stream/encoder_samples.h"
#include "stream/ipc_samples.h"
#include "stream/type_samples.h"

namespace arrowport::stream {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view kFrameMagic = "\x28\xb5\x2f\xfd";

EncodeOptions Framed(WireFormat format) { return {.format = format, .coding = BodyCoding::kZstd}; }

// All frames, one behind the other.
Result<std::string> Unframed(std::string_view body) {
  ARROW_ASSIGN_OR_RAISE(const auto codec, arrow::util::Codec::Create(arrow::Compression::ZSTD));
  ARROW_ASSIGN_OR_RAISE(const auto input,
                        arrow::io::CompressedInputStream::Make(
                            codec.get(), arrow::io::BufferReader::FromString(std::string(body))));
  std::string text;
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto part, input->Read(kMiB));
    if (part->size() == 0) return text;
    text += part->ToString();
  }
}

class FramedFormatTest : public testing::TestWithParam<WireFormat> {};

TEST_P(FramedFormatTest, IsTheSameBodyInFrames) {
  const auto batch = MakeEveryTypeBatch().ValueOrDie();
  const auto body = Unframed(Encoded(Framed(GetParam()), {batch, batch}));
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(*body, Encoded(GetParam(), {batch, batch}));
}

TEST_P(FramedFormatTest, HasAFrameForNoRows) {
  const auto schema = arrow::schema({arrow::field("a", arrow::int8())});
  const std::string body = Encode(Framed(GetParam()), schema, {}).ValueOrDie();
  EXPECT_THAT(body, StartsWith(std::string(kFrameMagic)));
  EXPECT_EQ(Unframed(body).ValueOrDie(), Encode(GetParam(), schema, {}).ValueOrDie());
}

INSTANTIATE_TEST_SUITE_P(Formats, FramedFormatTest,
                         testing::Values(WireFormat::kArrowStream, WireFormat::kJson,
                                         WireFormat::kNdjson, WireFormat::kCsv));

TEST(FramedEncoderTest, MakesOneFrameOfABatchInManyPieces) {
  std::string words;
  for (int i = 0; i < 300'000; ++i) words += ",\"word number " + std::to_string(i) + "\"";
  words.front() = '[';
  const auto batch = BatchOf(arrow::utf8(), words + "]");
  auto plain = MakeBatchEncoder(WireFormat::kCsv, batch->schema()).ValueOrDie();
  const Buffers pieces = plain->Encode(batch).ValueOrDie();
  EXPECT_GT(pieces.size(), 3U);
  auto encoder = MakeBatchEncoder(Framed(WireFormat::kCsv), batch->schema()).ValueOrDie();
  const Buffers frames = encoder->Encode(batch).ValueOrDie();
  ASSERT_THAT(frames, SizeIs(1));
  EXPECT_EQ(Unframed(Joined(frames)).ValueOrDie(), Joined(pieces));
  EXPECT_LT(frames.front()->size() * 3, static_cast<int64_t>(Joined(pieces).size()));
}

/// Gives the pieces that it was made with.
class FixedEncoder final : public BatchEncoder {
 public:
  explicit FixedEncoder(Result<Buffers> pieces) : pieces_(std::move(pieces)) {}
  Result<Buffers> Begin() override { return pieces_; }
  Result<Buffers> Encode(const std::shared_ptr<arrow::RecordBatch>& /*batch*/) override {
    return pieces_;
  }
  Result<Buffers> End() override { return pieces_; }

 private:
  const Result<Buffers> pieces_;
};

TEST(FramedEncoderTest, SendsNothingForNothing) {
  const auto encoder = MakeFramedEncoder(std::make_unique<FixedEncoder>(Buffers())).ValueOrDie();
  EXPECT_THAT(encoder->Begin().ValueOrDie(), IsEmpty());
  EXPECT_THAT(encoder->Encode(nullptr).ValueOrDie(), IsEmpty());
  EXPECT_THAT(encoder->End().ValueOrDie(), SizeIs(1));
}

TEST(FramedEncoderTest, HasRoomForBytesThatDoNotShrink) {
  std::string noise;
  uint32_t state = 1;
  for (int i = 0; i < 3'000'000; ++i) {
    state = state * 1'664'525 + 1'013'904'223;
    noise += static_cast<char>(state >> 24U);
  }
  const auto encoder =
      MakeFramedEncoder(std::make_unique<FixedEncoder>(Buffers{arrow::Buffer::FromString(noise)}))
          .ValueOrDie();
  EXPECT_EQ(Unframed(Joined(encoder->Begin().ValueOrDie())).ValueOrDie(), noise);
}

TEST(FramedEncoderTest, PassesFailuresOn) {
  const Status failure = MakeError(ErrorKind::kConflict, "on purpose");
  const auto encoder =
      MakeFramedEncoder(std::make_unique<FixedEncoder>(Result<Buffers>(failure))).ValueOrDie();
  EXPECT_EQ(encoder->Begin().status(), failure);
  EXPECT_EQ(encoder->End().status(), failure);
}

}  // namespace
}  // namespace arrowport::stream
