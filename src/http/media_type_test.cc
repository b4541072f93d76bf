#include "http/media_type.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

using stream::Compression;
using stream::WireFormat;
using testing::HasSubstr;

WireFormat Chosen(std::string_view accept) { return ChooseFormat(accept, {}).ValueOrDie().format; }

Compression CodecOf(std::string_view accept) {
  return ChooseFormat(accept, {}).ValueOrDie().compression;
}

TEST(MediaTypeTest, LeavesParametersAndCaseAside) {
  EXPECT_EQ(EssenceOf("Text/Plain; charset=utf-8"), "text/plain");
  EXPECT_EQ(EssenceOf(" application/json "), "application/json");
  EXPECT_EQ(EssenceOf(""), "");
}

TEST(MediaTypeTest, AnswersArrowToWhoDoesNotCare) {
  EXPECT_EQ(Chosen(""), WireFormat::kArrowStream);
  EXPECT_EQ(Chosen("*/*"), WireFormat::kArrowStream);
  EXPECT_EQ(Chosen("text/html,application/xml;q=0.9,*/*;q=0.8"), WireFormat::kArrowStream);
  EXPECT_EQ(Chosen("application/*"), WireFormat::kArrowStream);
}

TEST(MediaTypeTest, TakesWhatIsNamed) {
  EXPECT_EQ(Chosen("application/vnd.apache.arrow.stream"), WireFormat::kArrowStream);
  EXPECT_EQ(Chosen("application/json"), WireFormat::kJson);
  EXPECT_EQ(Chosen("APPLICATION/X-NDJSON"), WireFormat::kNdjson);
  EXPECT_EQ(Chosen("text/csv; header=present"), WireFormat::kCsv);
  EXPECT_EQ(Chosen("text/*"), WireFormat::kCsv);
  EXPECT_EQ(Chosen("application/vnd.apache.arrow.file"), WireFormat::kArrowFile);
  EXPECT_EQ(Chosen("application/vnd.apache.parquet"), WireFormat::kParquet);
}

TEST(MediaTypeTest, TakesTheHighestQuality) {
  EXPECT_EQ(Chosen("application/json;q=0.5, text/csv;q=0.9"), WireFormat::kCsv);
  EXPECT_EQ(Chosen("text/csv ; q=0.1 , application/x-ndjson"), WireFormat::kNdjson);
}

TEST(MediaTypeTest, TakesTheMoreExactAmongEquals) {
  EXPECT_EQ(Chosen("*/*, application/json"), WireFormat::kJson);
  EXPECT_EQ(Chosen("text/csv, application/json"), WireFormat::kCsv);
}

TEST(MediaTypeTest, LeavesOutWhatIsRefused) {
  EXPECT_EQ(Chosen("*/*, application/vnd.apache.arrow.stream;q=0"), WireFormat::kJson);
}

TEST(MediaTypeTest, ListsTheFormatsWhenNoneIsAccepted) {
  const Status status = ChooseFormat("image/png", {}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kNotAcceptable);
  EXPECT_THAT(status.message(), HasSubstr("text/csv (format=csv)"));
}

TEST(MediaTypeTest, ListsEveryFormatThatThereIs) {
  const std::string message = ChooseFormat("image/png", {}).status().message();
  for (const stream::WireFormatTraits& traits : stream::WireFormatTable()) {
    EXPECT_THAT(message, HasSubstr(std::string(traits.media_type)));
  }
}

TEST(MediaTypeTest, ReadsListsThatNobodyWouldWrite) {
  EXPECT_EQ(Chosen(" , ,text/csv,, "), WireFormat::kCsv);
  EXPECT_EQ(Chosen("text/csv;"), WireFormat::kCsv);
  EXPECT_EQ(Chosen("text/csv;;q=1;=;x"), WireFormat::kCsv);
  EXPECT_EQ(Chosen("text/csv;q=oops, application/json;q=0.9"), WireFormat::kCsv);
  EXPECT_EQ(Chosen("text/csv;q=2, application/json;q=0.9"), WireFormat::kCsv);
  EXPECT_EQ(Chosen("text/csv;q=nan, application/json;q=0.9"), WireFormat::kCsv);
  EXPECT_EQ(Chosen(R"(text/csv;x="a,b;q=0",application/json;q=0.9)"), WireFormat::kCsv);
  EXPECT_EQ(Chosen(R"(text/csv;x="a\",b", application/json;q=0.9)"), WireFormat::kCsv);
  EXPECT_EQ(Chosen(R"(text/csv;x="never closed, application/json)"), WireFormat::kCsv);
  EXPECT_EQ(Chosen(",;=\""), WireFormat::kArrowStream);
}

TEST(MediaTypeTest, TakesTheBetterOfTwoRangesForOneType) {
  EXPECT_EQ(Chosen("text/csv;q=0.1, application/json;q=0.5, text/csv"), WireFormat::kCsv);
}

TEST(MediaTypeTest, TakesTheFirstCodecThatItKnows) {
  constexpr std::string_view kStream = "application/vnd.apache.arrow.stream";
  const auto codecs = [&](std::string_view rest) {
    return CodecOf(std::string(kStream) + ";" + std::string(rest));
  };
  EXPECT_EQ(codecs("codecs=zstd"), Compression::kZstd);
  EXPECT_EQ(codecs("codecs=lz4"), Compression::kLz4);
  EXPECT_EQ(codecs(R"( Codecs = "ZSTD, lz4")"), Compression::kZstd);
  EXPECT_EQ(codecs(R"(codecs="snappy,lz4 ,zstd")"), Compression::kLz4);
  EXPECT_EQ(codecs(R"(codecs="zstd, lz4";q=0.5, text/csv;q=0.1)"), Compression::kZstd);
  EXPECT_EQ(codecs(R"(q=0.5;codecs=zstd)"), Compression::kZstd);
  EXPECT_EQ(CodecOf("application/vnd.apache.arrow.file;codecs=lz4"), Compression::kLz4);
}

TEST(MediaTypeTest, TakesNoCodecForAnAllowanceToHaveNone) {
  for (const char* accept : {"", "*/*", "application/vnd.apache.arrow.stream",
                             "application/vnd.apache.arrow.stream;codecs=snappy",
                             R"(application/vnd.apache.arrow.stream;codecs="")",
                             "application/vnd.apache.arrow.stream;codecs", "*/*;codecs=zstd",
                             "text/csv;codecs=zstd", "application/vnd.apache.parquet;codecs=lz4",
                             "application/vnd.apache.arrow.stream;xcodecs=zstd"}) {
    EXPECT_EQ(CodecOf(accept), Compression::kNone) << accept;
  }
}

TEST(MediaTypeTest, PrefersTheRangeWithACodecAmongEquals) {
  EXPECT_EQ(CodecOf("application/vnd.apache.arrow.stream, "
                    "application/vnd.apache.arrow.stream;codecs=zstd"),
            Compression::kZstd);
  EXPECT_EQ(CodecOf("application/vnd.apache.arrow.stream, "
                    "application/vnd.apache.arrow.stream;codecs=zstd;q=0.5"),
            Compression::kNone);
}

TEST(MediaTypeTest, FollowsTheFormatParameterFirst) {
  EXPECT_EQ(ChooseFormat("image/png", "csv").ValueOrDie().format, WireFormat::kCsv);
  const Status status = ChooseFormat("", "excel").status();
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
  EXPECT_THAT(status.message(), HasSubstr("'excel'"));
}

TEST(MediaTypeTest, TakesOnlyBodiesThatAreNotCoded) {
  for (const char* plain : {"", "identity", " Identity "}) {
    EXPECT_TRUE(CheckNotCoded(plain, "").ok()) << plain;
  }
  const Status coded = CheckNotCoded("GZip", "send it as it is");
  EXPECT_EQ(KindOf(coded), ErrorKind::kUnsupportedMedia);
  EXPECT_EQ(coded.message(), "Content-Encoding 'gzip' is not taken; send it as it is");
}

}  // namespace
}  // namespace arrowport::http
