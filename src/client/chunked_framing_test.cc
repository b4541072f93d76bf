#include "client/chunked_framing.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::client {
namespace {

// The payload of `body`, which comes in pieces of `piece_bytes`; or why there is none.
Result<std::string> PayloadOf(std::string_view body, size_t piece_bytes) {
  ChunkedFraming framing;
  std::string payload;
  while (!body.empty() && !framing.at_end()) {
    std::string_view piece = body.substr(0, piece_bytes);
    body.remove_prefix(piece.size());
    while (!piece.empty() && !framing.at_end()) {
      ARROW_RETURN_NOT_OK(framing.Skip(&piece));
      const auto taken = std::min(piece.size(), static_cast<size_t>(framing.payload_left()));
      if (taken == 0) continue;
      payload += piece.substr(0, taken);
      piece.remove_prefix(taken);
      framing.TookPayload(static_cast<int64_t>(taken));
    }
  }
  if (!framing.at_end()) return Status::Invalid("not at its end");
  return payload;
}

TEST(ChunkedFramingTest, FindsThePayloadWhateverThePieces) {
  const std::string body =
      "5\r\nhello\r\n1;x=\"y\"\r\n,\r\nA\r\n world\r\n!!\r\n0\r\nDigest: 1\r\n\r\n";
  for (size_t piece_bytes = 1; piece_bytes <= body.size(); ++piece_bytes) {
    const auto payload = PayloadOf(body, piece_bytes);
    ASSERT_TRUE(payload.ok()) << piece_bytes << ": " << payload.status();
    EXPECT_EQ(*payload, "hello, world\r\n!!");
  }
}

TEST(ChunkedFramingTest, IsAtItsEndOnlyAfterTheLastChunk) {
  EXPECT_FALSE(PayloadOf("5\r\nhello\r\n", 100).ok());
  EXPECT_FALSE(PayloadOf("5\r\nhello\r\n0\r\n", 100).ok());
  EXPECT_FALSE(PayloadOf("5\r\nhel", 100).ok());
}

TEST(ChunkedFramingTest, RefusesWhatIsNoChunkedCoding) {
  for (const char* body : {"x\r\n", "\r\n", "-1\r\n", "5\r\nhello!\r\n0\r\n\r\n", "5x\r\n",
                           "ffffffffffffffffff\r\n"}) {
    EXPECT_EQ(KindOf(PayloadOf(body, 100).status()), ErrorKind::kUnavailable) << body;
  }
  EXPECT_FALSE(PayloadOf(std::string(100'000, '1'), 100).ok());
}

}  // namespace
}  // namespace arrowport::client
