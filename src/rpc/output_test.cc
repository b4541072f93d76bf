#include "rpc/output.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <arrow/buffer.h>
#include <gtest/gtest.h>

namespace arrowport::rpc {
namespace {

std::span<const uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// What a socket would be given, `step` bytes at a time.
std::string Drain(Output& output, size_t step) {
  std::string all;
  while (!output.empty()) {
    std::array<iovec, 2> pieces{};
    std::string sent;
    for (const iovec& piece : std::span(pieces).first(output.Gather(pieces))) {
      sent.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    sent.resize(std::min(sent.size(), step));
    output.Drop(sent.size());
    all += sent;
  }
  return all;
}

TEST(OutputTest, GivesEverythingInOrderHoweverLittleIsTaken) {
  const std::string big(100, 'b');
  const auto buffer = arrow::Buffer::FromString("0123456789" + std::string(60, 'c'));
  for (const size_t step : {1, 3, 39, 40, 41, 1'000}) {
    Output output;
    output.Copy(BytesOf("one"));
    output.Copy(BytesOf("two"));
    output.Copy(BytesOf(big));
    output.Add(buffer, 2, 5);
    output.Add(buffer, 9, 51);
    output.Copy(BytesOf("end"));
    EXPECT_EQ(output.bytes(), 3 + 3 + 100 + 5 + 51 + 3);
    EXPECT_EQ(Drain(output, step), "onetwo" + big + "23456" + "9" + std::string(50, 'c') + "end");
    EXPECT_EQ(output.bytes(), 0);
  }
}

TEST(OutputTest, RefersToWhatIsLargeUntilItIsSent) {
  auto buffer = arrow::Buffer::FromString(std::string(1'000, 'x'));
  const std::weak_ptr<arrow::Buffer> watched = buffer;
  Output output;
  output.Add(buffer, 0, 1'000);
  buffer.reset();
  output.Drop(999);
  EXPECT_FALSE(watched.expired());
  output.Drop(1);
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace arrowport::rpc
