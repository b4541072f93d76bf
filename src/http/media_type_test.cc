#include "http/media_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arrowport::http {
namespace {

using stream::WireFormat;
using testing::HasSubstr;

WireFormat Chosen(std::string_view accept) { return ChooseFormat(accept, {}).ValueOrDie(); }

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

TEST(MediaTypeTest, FollowsTheFormatParameterFirst) {
  EXPECT_EQ(ChooseFormat("image/png", "csv").ValueOrDie(), WireFormat::kCsv);
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
