#include "http/payload_digest.h"

#include <cstdint>
#include <span>
#include <string_view>

#include <gtest/gtest.h>

namespace arrowport::http {
namespace {

std::span<const uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// FIPS 180-2, appendix B.1.
constexpr std::string_view kOfAbc =
    "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";

TEST(PayloadDigestTest, IsTheSameHoweverTheBytesCome) {
  PayloadDigest whole;
  whole.Add(BytesOf("abc"));
  EXPECT_EQ(whole.Finish(), kOfAbc);
  PayloadDigest parts;
  parts.Add(BytesOf("a"));
  parts.Add({});
  parts.Add(BytesOf("bc"));
  EXPECT_EQ(parts.Finish(), kOfAbc);
}

}  // namespace
}  // namespace arrowport::http
