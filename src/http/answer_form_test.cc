#include "http/answer_form.h"

#include <optional>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

using stream::BodyCoding;
using stream::Compression;
using stream::WireFormat;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr const char* kStreamOfZstd = "application/vnd.apache.arrow.stream;codecs=zstd";

stream::EncodeOptions Form(const FormWishes& wishes) { return ChooseForm(wishes).ValueOrDie(); }

Compression CompressionOf(std::string_view format, std::optional<std::string_view> compression) {
  return Form({.accept = {}, .accept_encoding = {}, .format = format, .compression = compression})
      .compression;
}

BodyCoding CodingOf(const char* accept_encoding, std::string_view format = "csv") {
  return Form({.accept = {},
               .accept_encoding = accept_encoding,
               .format = format,
               .compression = {}})
      .coding;
}

TEST(AnswerFormTest, IsAPlainArrowStreamForWhoSaysNothing) {
  const stream::EncodeOptions form = Form({});
  EXPECT_EQ(form.format, WireFormat::kArrowStream);
  EXPECT_EQ(form.compression, Compression::kNone);
  EXPECT_EQ(form.coding, BodyCoding::kIdentity);
}

TEST(AnswerFormTest, FollowsTheCompressionParameter) {
  for (const char* format : {"arrow", "arrow-file", "parquet"}) {
    EXPECT_EQ(CompressionOf(format, "none"), Compression::kNone);
    EXPECT_EQ(CompressionOf(format, "zstd"), Compression::kZstd);
    EXPECT_EQ(CompressionOf(format, "lz4"), Compression::kLz4);
  }
  EXPECT_EQ(CompressionOf("parquet", {}), Compression::kZstd);
  EXPECT_EQ(CompressionOf("arrow-file", {}), Compression::kNone);
}

TEST(AnswerFormTest, LetsTheCompressionParameterWinOverAccept) {
  EXPECT_EQ(
      Form({.accept = kStreamOfZstd, .accept_encoding = {}, .format = {}, .compression = "lz4"})
          .compression,
      Compression::kLz4);
}

TEST(AnswerFormTest, LeavesABodyAloneThatIsWantedWithNone) {
  const stream::EncodeOptions form = Form(
      {.accept = kStreamOfZstd, .accept_encoding = "zstd", .format = {}, .compression = "none"});
  EXPECT_EQ(form.compression, Compression::kNone);
  EXPECT_EQ(form.coding, BodyCoding::kIdentity);
}

TEST(AnswerFormTest, RefusesCompressionsThatAreNotKnownWithAList) {
  const Status status =
      ChooseForm({.accept = {}, .accept_encoding = {}, .format = {}, .compression = "gzip"})
          .status();
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
  EXPECT_EQ(status.message(), "compression 'gzip' is not known; there are: none, zstd, lz4");
}

TEST(AnswerFormTest, RefusesACompressionForFormatsThatHaveNone) {
  for (const char* format : {"json", "ndjson", "csv"}) {
    const Status status =
        ChooseForm({.accept = {}, .accept_encoding = {}, .format = format, .compression = "zstd"})
            .status();
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
    EXPECT_THAT(status.message(), HasSubstr(format));
    EXPECT_THAT(status.message(), HasSubstr("Accept-Encoding: zstd"));
  }
}

TEST(AnswerFormTest, CodesABodyForWhoNamesZstd) {
  for (const char* wish : {"zstd", "ZSTD", "gzip, deflate, br, zstd", "gzip;q=1, zstd;q=0.1",
                           "zstd, identity", "zstd;q=0.5, identity;q=0.5", "*;q=0, zstd"}) {
    EXPECT_EQ(CodingOf(wish), BodyCoding::kZstd) << wish;
  }
  for (const char* wish : {"", "gzip", "identity", "*", "gzip, br", "zstd;q=0", "zstd;q=0.000",
                           "identity, zstd;q=0.5", "zstandard"}) {
    EXPECT_EQ(CodingOf(wish), BodyCoding::kIdentity) << wish;
  }
}

TEST(AnswerFormTest, CodesTextsAndPlainStreamsOnly) {
  for (const char* format : {"arrow", "json", "ndjson", "csv"}) {
    EXPECT_EQ(CodingOf("zstd", format), BodyCoding::kZstd) << format;
  }
  for (const char* format : {"arrow-file", "parquet"}) {
    EXPECT_EQ(CodingOf("zstd", format), BodyCoding::kIdentity) << format;
  }
}

TEST(AnswerFormTest, CompressesOnceAtMost) {
  const stream::EncodeOptions codecs =
      Form({.accept = kStreamOfZstd, .accept_encoding = "zstd", .format = {}, .compression = {}});
  EXPECT_EQ(codecs.compression, Compression::kZstd);
  EXPECT_EQ(codecs.coding, BodyCoding::kIdentity);
  const stream::EncodeOptions parameter =
      Form({.accept = {}, .accept_encoding = "zstd", .format = {}, .compression = "lz4"});
  EXPECT_EQ(parameter.compression, Compression::kLz4);
  EXPECT_EQ(parameter.coding, BodyCoding::kIdentity);
}

TEST(AnswerFormTest, FallsBackToTheCodingWhenNoCodecIsKnown) {
  const stream::EncodeOptions form =
      Form({.accept = "application/vnd.apache.arrow.stream;codecs=snappy",
            .accept_encoding = "zstd",
            .format = {},
            .compression = {}});
  EXPECT_EQ(form.compression, Compression::kNone);
  EXPECT_EQ(form.coding, BodyCoding::kZstd);
}

TEST(AnswerFormTest, TellsTheCodecWithTheType) {
  EXPECT_EQ(ContentTypeOf({}), "application/vnd.apache.arrow.stream");
  EXPECT_EQ(ContentTypeOf({.compression = Compression::kZstd}), kStreamOfZstd);
  EXPECT_EQ(ContentTypeOf({.format = WireFormat::kArrowFile, .compression = Compression::kLz4}),
            "application/vnd.apache.arrow.file;codecs=lz4");
  EXPECT_EQ(ContentTypeOf({.format = WireFormat::kParquet, .compression = Compression::kZstd}),
            "application/vnd.apache.parquet");
}

TEST(AnswerFormTest, TellsTheCodingAndWhatTheAnswerDependsOn) {
  EXPECT_THAT(FieldsOf({}), ElementsAre(Pair("Vary", "Accept, Accept-Encoding")));
  EXPECT_THAT(FieldsOf({.format = WireFormat::kCsv, .coding = BodyCoding::kZstd}),
              Contains(Pair("Content-Encoding", "zstd")));
}

}  // namespace
}  // namespace arrowport::http
