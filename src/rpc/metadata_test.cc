#include "rpc/metadata.h"

#include <chrono>
#include <optional>
#include <string>

#include <gmock/gmock.h>

#include "base/error.h"

namespace arrowport::rpc {
namespace {

using std::chrono::nanoseconds;
using ::testing::ElementsAre;

TEST(MetadataTest, CarriesAnyBytesInBinaryFields) {
  const std::string bytes("\x00\xff one\n", 7);
  const std::string wire = ToWire("auth-token-bin", bytes);
  EXPECT_EQ(wire, "AP8gb25lCg");
  EXPECT_THAT(*FromWire("auth-token-bin", wire), ElementsAre(bytes));
  EXPECT_THAT(*FromWire("auth-token-bin", "AP8gb25lCg=="), ElementsAre(bytes));
  EXPECT_THAT(*FromWire("auth-token-bin", "AQ,AP8gb25lCg,"), ElementsAre("\x01", bytes, ""));
}

TEST(MetadataTest, RefusesBinaryFieldsThatAreNoBase64) {
  EXPECT_EQ(KindOf(FromWire("auth-token-bin", "a*b?").status()), ErrorKind::kInvalidInput);
}

TEST(MetadataTest, KeepsTextPrintable) {
  EXPECT_EQ(ToWire("x-name", "Ada"), "Ada");
  EXPECT_EQ(ToWire("x-name", "a\r\nb\xc3\xa9"), "a??b??");
  EXPECT_THAT(*FromWire("x-name", "Ada, and others"), ElementsAre("Ada, and others"));
}

TEST(MetadataTest, EncodesWhatAMessageMayNotHave) {
  EXPECT_EQ(PercentEncode("no table 'é', 100%\n"), "no table '%C3%A9', 100%25%0A");
}

TEST(MetadataTest, ReadsTimeouts) {
  EXPECT_EQ(ReadTimeout("2H"), std::chrono::hours(2));
  EXPECT_EQ(ReadTimeout("3M"), std::chrono::minutes(3));
  EXPECT_EQ(ReadTimeout("4S"), std::chrono::seconds(4));
  EXPECT_EQ(ReadTimeout("500m"), std::chrono::milliseconds(500));
  EXPECT_EQ(ReadTimeout("99999999u"), std::chrono::microseconds(99'999'999));
  EXPECT_EQ(ReadTimeout("0n"), nanoseconds(0));
  EXPECT_GT(ReadTimeout("99999999H"), std::chrono::days(3'650));
  for (const char* wrong : {"", "S", "1", "1s", "-1S", "1.5S", "123456789S", "1 S", "x1S"}) {
    EXPECT_EQ(ReadTimeout(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace arrowport::rpc
