#include "stream/content_decoder.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/util/compression.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/upload_limits.h"

namespace arrowport::stream {
namespace {

using testing::HasSubstr;

std::string Encode(ContentCoding coding, std::string_view text) {
  const auto type = coding == ContentCoding::kGzip   ? arrow::Compression::GZIP
                    : coding == ContentCoding::kZstd ? arrow::Compression::ZSTD
                                                     : arrow::Compression::LZ4_FRAME;
  const auto codec = arrow::util::Codec::Create(type).ValueOrDie();
  const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  std::string coded(static_cast<size_t>(codec->MaxCompressedLen(size, bytes)), '\0');
  auto* const out = reinterpret_cast<uint8_t*>(coded.data());
  const int64_t coded_size =
      codec->Compress(size, bytes, static_cast<int64_t>(coded.size()), out).ValueOrDie();
  coded.resize(static_cast<size_t>(coded_size));
  return coded;
}

struct Parts {
  size_t input = SIZE_MAX;
  size_t output = size_t{64} * 1024;
};

Result<std::string> Decode(ContentCoding coding, std::string_view coded, Parts parts = {}) {
  ARROW_ASSIGN_OR_RAISE(const auto decoder, ContentDecoder::Make(coding));
  std::string text;
  std::vector<uint8_t> space(parts.output);
  for (;;) {
    const std::string_view part = coded.substr(0, parts.input);
    ARROW_ASSIGN_OR_RAISE(
        const auto step,
        decoder->Decode({reinterpret_cast<const uint8_t*>(part.data()), part.size()}, space));
    text.append(reinterpret_cast<const char*>(space.data()), step.bytes_written);
    coded.remove_prefix(step.bytes_read);
    if (coded.empty() && step.bytes_written == 0) break;
  }
  ARROW_RETURN_NOT_OK(decoder->Finish());
  return text;
}

class ContentDecoderTest : public testing::TestWithParam<ContentCoding> {};

std::string SomeText() {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919 % 10'007) + ",";
  return text;
}

TEST_P(ContentDecoderTest, GivesBackWhatWasCoded) {
  const std::string text = SomeText();
  const std::string coded = Encode(GetParam(), text);
  ASSERT_LT(coded.size(), text.size());
  EXPECT_EQ(Decode(GetParam(), coded).ValueOrDie(), text);
  EXPECT_EQ(Decode(GetParam(), coded, {.input = 1, .output = 7}).ValueOrDie(), text);
  EXPECT_EQ(Decode(GetParam(), coded, {.input = 1000, .output = text.size()}).ValueOrDie(), text);
}

TEST_P(ContentDecoderTest, TakesSeveralFramesAsOneBody) {
  const std::string coded = Encode(GetParam(), "one, ") + Encode(GetParam(), "two");
  EXPECT_EQ(Decode(GetParam(), coded).ValueOrDie(), "one, two");
  EXPECT_EQ(Decode(GetParam(), coded, {.input = 3, .output = 1}).ValueOrDie(), "one, two");
}

std::string Repeated(const std::string& text, int64_t times) {
  std::string all;
  for (int64_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST_P(ContentDecoderTest, TakesAsManyFramesAsTheirSizeAllows) {
  std::string wide;
  for (int i = 0; i < 40; ++i) wide += std::to_string(i * 7919 % 10'007);
  const std::string frame = Encode(GetParam(), wide);
  ASSERT_GT(static_cast<int64_t>(frame.size()), limits::kFrameBytesMin);
  const int64_t frames = 4 * limits::kFramesFree;
  EXPECT_EQ(Decode(GetParam(), Repeated(frame, frames)).ValueOrDie(), Repeated(wide, frames));
  EXPECT_EQ(Decode(GetParam(), Repeated(Encode(GetParam(), ""), limits::kFramesFree)).ValueOrDie(),
            "");
}

TEST_P(ContentDecoderTest, RefusesFramesThatAreTooManyForTheirSize) {
  for (const char* const text : {"", "a"}) {
    const std::string frame = Encode(GetParam(), text);
    ASSERT_LT(static_cast<int64_t>(frame.size()), limits::kFrameBytesMin);
    for (const size_t part : {size_t{100}, SIZE_MAX}) {
      const Status status = Decode(GetParam(), Repeated(frame, 10'000), {.input = part}).status();
      EXPECT_EQ(KindOf(status), ErrorKind::kTooLarge);
      EXPECT_THAT(status.message(), HasSubstr("frames"));
    }
  }
}

TEST_P(ContentDecoderTest, TakesEmptyFramesInOneStep) {
  const auto decoder = ContentDecoder::Make(GetParam()).ValueOrDie();
  const std::string coded =
      Repeated(Encode(GetParam(), ""), limits::kFramesFree) + Encode(GetParam(), "text");
  std::vector<uint8_t> space(100);
  const auto step =
      decoder->Decode({reinterpret_cast<const uint8_t*>(coded.data()), coded.size()}, space);
  ASSERT_TRUE(step.ok()) << step.status();
  EXPECT_EQ(step->bytes_read, coded.size());
  EXPECT_EQ(step->bytes_written, 4);
}

TEST(SkippableFramesTest, AreRefusedWhereTheyAreTooManyForTheirSize) {
  // Skippable frames of zstd and LZ4 hold what is none of the content.
  const std::string skipped("\x50\x2a\x4d\x18\0\0\0\0", 8);
  for (const ContentCoding coding : {ContentCoding::kZstd, ContentCoding::kLz4}) {
    const std::string text = Encode(coding, "text");
    EXPECT_EQ(Decode(coding, Repeated(skipped, 10) + text).ValueOrDie(), "text");
    EXPECT_EQ(KindOf(Decode(coding, Repeated(skipped, 10'000) + text).status()),
              ErrorKind::kTooLarge);
  }
}

TEST_P(ContentDecoderTest, TakesABodyOfNothing) {
  EXPECT_EQ(Decode(GetParam(), "").ValueOrDie(), "");
  EXPECT_EQ(Decode(GetParam(), Encode(GetParam(), "")).ValueOrDie(), "");
}

TEST_P(ContentDecoderTest, RefusesABodyThatIsCutShort) {
  const std::string coded = Encode(GetParam(), SomeText());
  for (const size_t size : {size_t{1}, size_t{20}, coded.size() / 2, coded.size() - 1}) {
    const Status status = Decode(GetParam(), coded.substr(0, size)).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << size;
    EXPECT_THAT(status.message(), HasSubstr("the body ends too early"));
  }
}

TEST_P(ContentDecoderTest, RefusesWhatIsNotOfTheCodingWithItsPlace) {
  const std::string coded = Encode(GetParam(), "text");
  for (const std::string& wrong : {std::string("id,fare\n1,2.5\n"), coded + "more"}) {
    const Status status = Decode(GetParam(), wrong).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << wrong;
    EXPECT_THAT(status.message(), HasSubstr(std::string(NameOf(GetParam()))));
  }
}

INSTANTIATE_TEST_SUITE_P(Codings, ContentDecoderTest,
                         testing::Values(ContentCoding::kGzip, ContentCoding::kZstd,
                                         ContentCoding::kLz4),
                         [](const auto& coding) { return std::string(NameOf(coding.param)); });

}  // namespace
}  // namespace arrowport::stream
