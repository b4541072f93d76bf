#include "flight/flight_data.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/flight/types.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "flight/flight_wire.pb.h"

namespace arrowport::flight {
namespace {

// A field of bytes, for numbers below 16 and for 1000, and fewer than 128 bytes.
std::string Field(int number, std::string_view bytes) {
  constexpr int kBody = 1000;
  std::string field =
      number == kBody ? "\xc2\x3e" : std::string(1, static_cast<char>(number << 3 | 2));
  field += static_cast<char>(bytes.size());
  return field.append(bytes);
}

std::string WholeMessage() {
  const arrow::flight::FlightDescriptor descriptor = arrow::flight::FlightDescriptor::Path({"t"});
  return Field(1, *descriptor.SerializeToString()) + Field(2, "header") + Field(3, "metadata") +
         Field(1000, "the body");
}

auto Read(std::string bytes) { return ReadFlightData(arrow::Buffer::FromString(std::move(bytes))); }

TEST(FlightDataTest, ReadsAllOfFlightData) {
  const auto data = Read(WholeMessage());
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->descriptor->path.front(), "t");
  EXPECT_EQ(data->header->ToString(), "header");
  EXPECT_EQ(data->app_metadata->ToString(), "metadata");
  EXPECT_EQ(data->body->ToString(), "the body");
}

TEST(FlightDataTest, WhatIsNotThereIsEmpty) {
  const auto data = Read("");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_FALSE(data->descriptor.has_value());
  EXPECT_EQ(data->header, nullptr);
  EXPECT_EQ(data->app_metadata, nullptr);
  EXPECT_EQ(data->body, nullptr);
}

TEST(FlightDataTest, SkipsFieldsThatItDoesNotKnow) {
  const std::string number("\x28\x07", 2);               // Field 5, a number.
  const std::string fixed("\x31\1\2\3\4\5\6\7\x08", 9);  // Field 6, eight bytes.
  const auto data = Read(number + Field(7, "?") + Field(2, "header") + fixed);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->header->ToString(), "header");
}

TEST(FlightDataTest, RefusesWhatIsCutOffOrBroken) {
  const std::string whole = WholeMessage();
  // Between two fields a message may end.
  const size_t last = whole.find("the body") - 3;
  for (size_t size = last + 1; size < whole.size(); ++size) {
    EXPECT_EQ(KindOf(Read(whole.substr(0, size)).status()), ErrorKind::kInvalidInput) << size;
  }
  for (const std::string_view broken :
       {std::string_view("\x0a\xff\xff\xff\xff\x0f", 6),
        std::string_view("\x12\xff\xff\xff\xff\xff"), std::string_view("\x00", 1),
        std::string_view("\x0a\x02\x0a\x7f", 4),
        std::string_view("\xc2\x3e\xff\xff\xff\xff\x07 ", 8)}) {
    EXPECT_EQ(KindOf(Read(std::string(broken)).status()), ErrorKind::kInvalidInput);
  }
}

TEST(FlightDataTest, FindsTheBodyAsSoonAsItsBeginningIsThere) {
  const std::string whole = WholeMessage();
  const size_t body = whole.find("the body");
  for (size_t size = 0; size <= whole.size(); ++size) {
    EXPECT_EQ(FindBody(std::string_view(whole).substr(0, size)), size < body ? 0 : body) << size;
  }
}

TEST(FlightDataTest, WritesAMessageInFrontOfItsBody) {
  const auto body = arrow::Buffer::FromString("the body");
  const auto pieces = WriteFlightData(
      {.header = arrow::Buffer::FromString("header"), .body = {body}, .body_bytes = 8});
  ASSERT_EQ(pieces.size(), 2);
  EXPECT_EQ(pieces.back(), body);
  EXPECT_EQ(pieces.front()->ToString() + body->ToString(),
            Field(2, "header") + Field(1000, "the body"));
}

TEST(FlightDataTest, WritesPutResultsAndHandshakes) {
  EXPECT_EQ(WritePutResult("{}")->ToString(), Field(1, "{}"));
  wire::HandshakeResponse response;
  response.set_payload("token");
  EXPECT_EQ(WriteWire(response)->ToString(), Field(2, "token"));
  EXPECT_EQ(ReadWire<wire::HandshakeRequest>(Field(2, "token"))->payload(), "token");
  EXPECT_EQ(KindOf(ReadWire<wire::HandshakeRequest>("\x12\x09token").status()),
            ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace arrowport::flight
